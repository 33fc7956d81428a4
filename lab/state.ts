import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { paths } from './paths.ts';
import type { LabProcess } from './processes.ts';

/** What a running lab has changed on the machine, written after each step so that `down` can undo a run that was killed at any point. */
export interface LabState {
  readonly mode: 'full' | 'control-plane';
  readonly startedAt: string;
  readonly ready: boolean;
  readonly processes: readonly LabProcess[];
  /** Kernel settings as they were before. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Empty folders made outside the lab's own, as mount points. */
  readonly folders: readonly string[];
}

/** The state of the lab that is up, or undefined. */
export function readState(): LabState | undefined {
  try {
    return JSON.parse(readFileSync(paths.state, 'utf8')) as LabState;
  } catch {
    return undefined;
  }
}

/** Changes the recorded state; a reader never sees half a file. */
export function updateState(change: (state: LabState) => LabState): void {
  const before = readState() ?? { mode: 'full', startedAt: new Date().toISOString(), ready: false, processes: [], sysctls: {}, folders: [] };
  writeFileSync(`${paths.state}.new`, `${JSON.stringify(change(before), undefined, 2)}\n`);
  renameSync(`${paths.state}.new`, paths.state);
}
