import type { Verdict } from './judge.ts';
import type { WorkloadRecord } from './run-record.ts';

/** The states in which pods of a change are waited for. */
export type WaitingState = 'APPLIED' | 'CANARY' | 'ROLLING' | 'SOAKING';

/** Where a workload stands that is still waited for. */
export function waitingState(record: WorkloadRecord, verdict: Verdict & { readonly kind: 'wait' }): WaitingState {
  const { id } = verdict.waitingFor;
  // Nothing of the change was seen yet but the change itself.
  if (record.state === 'APPLIED' && (id === 'controller' || id === 'new-replicaset')) return 'APPLIED';
  if (record.canary === 'open') return 'CANARY';
  return verdict.phase === 'soaking' ? 'SOAKING' : 'ROLLING';
}
