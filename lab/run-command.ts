import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to the command's standard input. */
  readonly input?: string;
  /** A file to append standard output and error to, for what takes long or says much. */
  readonly log?: string;
}

/** Runs a command to its end and returns its standard output. Throws with the end of its output when it fails. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: 'a' });
  const output: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => (output.push(chunk), said.push(chunk), log?.write(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (said.push(chunk), log?.write(chunk)));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', (cause) => reject(new Error(`${command} could not be started: ${cause.message}`, { cause })));
  child.on('close', resolve);
  const code = await promise.finally(() => log?.end());
  if (code === 0) return Buffer.concat(output).toString();
  const tail = Buffer.concat(said).toString().trimEnd().split('\n').slice(-12).join('\n');
  throw new Error(
    `${[command, ...args].join(' ')} failed with ${code ?? 'a signal'}:\n${tail}${options.log === undefined ? '' : `\n(all of it: ${options.log})`}`,
  );
}

/** Like {@link runCommand}, but a failure is an answer: true when the command ended with 0. */
export async function tryCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<boolean> {
  return await runCommand(command, args, options).then(
    () => true,
    () => false,
  );
}
