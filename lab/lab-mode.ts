import { isRunning } from './processes.ts';
import { readState } from './state.ts';

/** Whether the lab is up: `full`, or the control plane alone; undefined when it is not, not ready yet, or one of its processes ended. */
export function labMode(): 'full' | 'control-plane' | undefined {
  const state = readState();
  return state?.ready === true && state.processes.every(isRunning) ? state.mode : undefined;
}
