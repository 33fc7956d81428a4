import { spawn } from 'node:child_process';
import { openSync, closeSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from './paths.ts';

/** In the environment of every process the lab starts, and inherited by theirs: how leftovers of a killed run are recognised. */
const marker = 'CHANGEOVER_LAB_RUN';

/** What makes a process ours: a pid alone may have been given to somebody else since. `startTime` is in clock ticks after boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export interface LabProcess extends ProcessIdentity {
  readonly name: string;
  readonly command: string;
}

/** The identity of a living process, or undefined when there is none (or only a zombie) with this pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    // The second field is the command's name in parentheses and may hold anything; fields 3 (state) and 22 (start time) come after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const startTime = fields[19];
    return fields[0] === 'Z' || fields[0] === 'X' || startTime === undefined ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

/** Starts a process that outlives us, with its output in `log/<name>.log`. The caller records what is returned. */
export function startProcess(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): LabProcess {
  const [command = '', ...args] = argv;
  const log = openSync(join(paths.log, `${name}.log`), 'a');
  const child = spawn(command, args, { cwd: paths.run, env: { ...process.env, ...env, [marker]: paths.run }, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw new Error(`${name} did not start: ${argv.join(' ')}`);
  return { ...identity, name, command: argv.join(' ') };
}

/** Whether a recorded process still runs: same pid, same start time, and marked as the lab's. */
export function isRunning(recorded: ProcessIdentity): boolean {
  return identify(recorded.pid)?.startTime === recorded.startTime && isMarked(recorded.pid);
}

/** All processes of any run of the lab on this machine, recorded or not. Containers are not among them (their environment is their own). */
export function findMarked(): readonly ProcessIdentity[] {
  return allPids().filter(isMarked).map(identify).filter(isPresent);
}

/** All processes inside a cgroup of this name (first path element), in whichever hierarchy: the containers the lab's kubelet started. */
export function findInCgroup(name: string): readonly ProcessIdentity[] {
  const inside = new RegExp(`^[^:]*:[^:]*:/${name}/`, 'm');
  return allPids()
    .filter((pid) => inside.test(read(`/proc/${pid}/cgroup`)))
    .map(identify)
    .filter(isPresent);
}

/** Asks processes to end, and after `graceMs` forces those that did not. Each is looked at again right before each signal. */
export async function stopProcesses(targets: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  const living = () => targets.filter((target) => identify(target.pid)?.startTime === target.startTime);
  const signal = (name: NodeJS.Signals) => living().forEach((target) => trySignal(target.pid, name));
  if (graceMs > 0) signal('SIGTERM');
  for (let waited = 0; waited < graceMs && living().length > 0; waited += 50) await sleep(50);
  for (let tries = 0; tries < 100 && living().length > 0; tries += 1) {
    signal('SIGKILL');
    await sleep(50);
  }
}

function isMarked(pid: number): boolean {
  return pid !== process.pid && `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${marker}=`);
}

function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function trySignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between.
  }
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
