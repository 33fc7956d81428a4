import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../lab/wait-until.ts';

/** A temporary folder and the programs that run in it; both are gone afterwards. */
export interface Scratch {
  readonly folder: string;
  /** Starts a program that runs until the end, and waits until it answers. */
  start(name: string, argv: readonly string[], answers: () => Promise<boolean>): Promise<void>;
}

const START_MS = 120_000;
const END_MS = 10_000;

/** Gives a benchmark its scratch folder, and stops and removes everything after it: also when it fails or is interrupted. */
export async function withScratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-bench-'));
  const children: ChildProcess[] = [];
  const remove = (): void => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const leave = (): void => process.exit(130);
  process.once('exit', remove);
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    return await work({ folder, start: (name, argv, answers) => start(children, { folder, name, argv, answers }) });
  } finally {
    for (const child of children.reverse()) await stop(child);
    remove();
    process.off('exit', remove);
    process.off('SIGINT', leave).off('SIGTERM', leave);
  }
}

/** A TCP port of the loopback interface that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Program {
  readonly folder: string;
  readonly name: string;
  readonly argv: readonly string[];
  readonly answers: () => Promise<boolean>;
}

async function start(children: ChildProcess[], { folder, name, argv, answers }: Program): Promise<void> {
  const [command = '', ...args] = argv;
  const log = join(folder, `${name}.log`);
  const output = openSync(log, 'a');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', output, output] });
  closeSync(output);
  children.push(child);
  let ended: string | undefined;
  child.on('error', (cause) => (ended = cause.message));
  child.on('exit', () => (ended ??= readFileSync(log, 'utf8').slice(-2_000)));
  await waitUntil(answers, { what: name, timeoutMs: START_MS, giveUp: () => ended });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const force = setTimeout(() => child.kill('SIGKILL'), END_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(force);
}
