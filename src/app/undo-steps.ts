import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import type { Undo } from '../core/undo/undo-script.ts';
import { undoStep } from '../core/undo/undo-step.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { pooled } from './pooled.ts';
import { resolveTargets } from './resolve-targets.ts';
import { workloadRef } from './resources.ts';
import { findRun, listRecords } from './state-store.ts';

export interface UndoOptions {
  readonly stateNamespace: string;
  readonly run?: string;
  /** `namespace/kind/name`; empty = every workload of the run. */
  readonly targets: readonly string[];
  readonly signal?: AbortSignal;
}

/** Reads the live marker of each workload of a run and works out what puts it back. Reads only. `usage` for an unknown run or workload. */
export async function readUndo(ports: { readonly cluster: Cluster; readonly clock: Clock }, options: UndoOptions): Promise<Undo> {
  const { cluster, clock } = ports;
  const { stateNamespace, targets, signal } = options;
  const run = (await findRun(cluster, options, signal)).value;
  const records = new Map((await listRecords(cluster, stateNamespace, run.name, signal)).map(({ value }) => [value.item.id, value]));
  const wanted = targets.length > 0 ? resolveTargets(targets, [...records.keys()], run.name) : run.batches.flat().reverse();
  const chosen = [...new Set(wanted)].map((id) => records.get(id)).filter((record): record is WorkloadRecord => record !== undefined);
  const at = new Date(clock.now()).toISOString();
  const steps = await pooled(chosen, 8, async (record) => undoStep(await cluster.get(workloadRef(record.item.id), signal), record, at));
  const { server } = await cluster.identity(signal);
  return { run: run.name, server, at, steps };
}
