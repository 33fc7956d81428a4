import { spawn } from 'node:child_process';
import { ChangeoverError } from '../../core/error.ts';
import type { RunCommand } from '../../ports/run-command.ts';

/** Characters kept of what a program says: its last words tell why it failed. */
const MAX_OUTPUT = 16 * 1024;

/** Runs a program without a shell; after its time, or when the signal fires, it is killed with the programs it started. */
export const runCommand: RunCommand = async (argv, { timeoutMs, signal }) => {
  const [program = '', ...args] = argv;
  if (signal?.aborted) throw stopped(program);
  // A group of its own: a script that is killed must not leave its children behind.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  let timedOut = false;
  const collect = (part: string): void => void (output = (output + part).slice(-MAX_OUTPUT));
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const kill = (): void => void (child.pid !== undefined && killGroup(child.pid));
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', (error) => reject(notStarted(program, error)));
  child.on('close', resolve);
  try {
    const exitCode = await promise;
    if (signal?.aborted) throw stopped(program);
    return { exitCode, timedOut, output };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
};

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function stopped(program: string): ChangeoverError {
  return new ChangeoverError('aborted', `stopped while ${program} was running`);
}

function notStarted(program: string, cause: Error): ChangeoverError {
  return new ChangeoverError('usage', `${program} cannot be started: ${cause.message}`, {
    target: program,
    hint: 'Install it, or name the program with its path.',
    cause,
  });
}
