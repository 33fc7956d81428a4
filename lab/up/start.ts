import { updateState } from '../state.ts';
import { startProcess } from '../processes.ts';
import type { LabProcess } from '../processes.ts';

/** Starts a process of the lab and records it, so that `down` finds it. */
export function start(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): LabProcess {
  const started = startProcess(name, argv, env);
  updateState((state) => ({ ...state, processes: [...state.processes, started] }));
  return started;
}
