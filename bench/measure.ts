import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Longest a measured program may take, in milliseconds. */
const LIMIT_MS = 120_000;
const GNU_TIME = '/usr/bin/time';

/** Runs a program to its end, its output thrown away; returns what it said on standard error. Throws when it fails or takes too long. */
export async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const kill = (): unknown => child.kill();
  process.on('exit', kill);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  const code = await promise.finally(() => process.off('exit', kill));
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code ?? 'a signal'}:\n${said}`);
  return said;
}

/** Peak resident memory of a program in MiB; undefined on a machine without GNU time. */
export async function peakMemory(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  if (!existsSync(GNU_TIME)) return undefined;
  const said = await run([GNU_TIME, '-f', '%M', ...argv], env);
  return Math.round(Number(said.trim().split('\n').at(-1)) / 1024);
}

/** Milliseconds that a piece of work takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Two sides measured in turns: whatever else the machine does meets both. Milliseconds. */
export interface Compared {
  readonly rounds: number;
  readonly medianMs: Sides;
  readonly fastestMs: Sides;
  /** Median of the rounds' ratios, ours to the peer's. */
  readonly ratio: number;
}

export interface Sides {
  readonly ours: number;
  readonly peer: number;
}

/** Runs ours, then the peer's, as often as asked for; each is told the round, from 0. */
export async function compare(rounds: number, ours: (round: number) => Promise<unknown>, peer: (round: number) => Promise<unknown>): Promise<Compared> {
  const measured: Sides[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push({ ours: await time(() => ours(round)), peer: await time(() => peer(round)) });
  const both = (of: (values: readonly number[]) => number): Sides => ({
    ours: rounded(of(measured.map((each) => each.ours))),
    peer: rounded(of(measured.map((each) => each.peer))),
  });
  return {
    rounds,
    medianMs: both(median),
    fastestMs: both((values) => Math.min(...values)),
    ratio: rounded(median(measured.map((each) => each.ours / each.peer)), 2),
  };
}

/** A number with so many digits after the point. */
export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
