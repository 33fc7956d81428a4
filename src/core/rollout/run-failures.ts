import type { CauseId } from './cause.ts';
import { isDrill } from './drill.ts';
import type { Halt, RunRecord, WorkloadRecord } from './run-record.ts';
import type { WorkloadState } from './workload-state.ts';

const FAILED: readonly WorkloadState[] = ['RB_INTENT', 'RB_ROLLING', 'ROLLED_BACK', 'RB_FAILED', 'INCONCLUSIVE'];
/** Causes outside the workload: a registry, the nodes, a quota, a webhook. */
const INFRASTRUCTURE: readonly CauseId[] = ['image', 'capacity', 'admission'];
/** Failures in one batch that no longer look like the workloads' own. */
const MANY = 3;
const MANY_OF_ONE_CAUSE = 2;

/** Way back at a time while something common is wrong: registry and API server may be the cause. */
export const SYSTEMIC_PACE = 2;

/** Whether the new agent failed on it and no person has said what is to become of that. */
export function isFailed(record: WorkloadRecord): boolean {
  return FAILED.includes(record.state) && record.acknowledged !== true && record.reason?.id !== 'requested' && !isDrill(record);
}

/** What the failures have in common, where they are too many to be the workloads' own; undefined otherwise. */
export function systemicHalt(run: RunRecord, records: ReadonlyMap<string, WorkloadRecord>, at: string): Halt | undefined {
  const failed = [...records.values()].filter(isFailed);
  if (failed.length < MANY_OF_ONE_CAUSE) return undefined;
  const causeOf = (record: WorkloadRecord): CauseId | undefined => INFRASTRUCTURE.find((cause) => cause === record.evidence?.cause?.id);
  const cause = INFRASTRUCTURE.find((each) => failed.filter((record) => causeOf(record) === each).length >= MANY_OF_ONE_CAUSE);
  const batch = run.batches.findIndex((ids) => failed.filter((record) => ids.includes(record.item.id)).length >= MANY);
  if (cause === undefined && batch < 0) return undefined;
  const params = { failed: failed.length, ...(cause === undefined ? { batch: batch + 1 } : { cause }) };
  return { at, id: 'systemic', workloads: failed.map((record) => record.item.id), params };
}

/** Waiting workloads of the stacks that failed. */
export function countSharing(failed: readonly WorkloadRecord[], records: ReadonlyMap<string, WorkloadRecord>): number {
  const stacks = new Set(failed.map((record) => record.item.fingerprint));
  return [...records.values()].filter((record) => record.state === 'PLANNED' && stacks.has(record.item.fingerprint)).length;
}
