import { join } from 'node:path';
import { paths } from '../paths.ts';
import { isRunning, startProcess } from '../processes.ts';
import type { LabProcess } from '../processes.ts';
import { readState, updateState } from '../state.ts';

/** Starts a process of the lab and records it, so that `down` finds it. */
export function start(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): LabProcess {
  const started = startProcess(name, argv, env);
  updateState((state) => ({ ...state, processes: [...state.processes, started] }));
  return started;
}

/** A sentence about a process that was started and has ended, or undefined: then there is nothing to wait for. */
export function endedProcess(): string | undefined {
  const ended = readState()?.processes.find((process) => !isRunning(process));
  return ended === undefined ? undefined : `${ended.name} ended; see ${join(paths.log, `${ended.name}.log`)}`;
}
