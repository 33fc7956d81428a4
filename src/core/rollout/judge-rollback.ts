import { kindOf } from '../workload/kinds/kind-of.ts';
import { replicasOf, rolloutDeadlineMs, type JudgeRules } from './judge.ts';
import type { Observation } from './observation.ts';
import { isOver } from './pod-verdict.ts';
import type { Reason, WorkloadRecord } from './run-record.ts';

export type RollbackVerdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'wait'; readonly waitingFor: Reason }
  | { readonly kind: 'failed'; readonly reason: Reason };

/**
 * Judges the way back: no pod of ours left, every wanted pod of the old template Ready and staying so for a short soak
 * (a minute, less where the policy soaks less). Never asks the Progressing condition: after a failed rollout it is stale.
 */
export function judgeRollback(observation: Observation, record: WorkloadRecord, rules: JudgeRules): RollbackVerdict {
  const { object, at } = observation;
  const newPods = observation.newPods.filter((pod) => !isOver(pod));
  const oldPods = observation.oldPods.filter((pod) => !isOver(pod) && !pod.terminating);
  if (!object) return { kind: 'failed', reason: { id: 'object-gone', params: {} } };
  const kind = kindOf(object);
  const wanted = replicasOf(object);
  const ready = oldPods.filter((pod) => pod.ready);
  const settled = kind.observed(object) && newPods.length === 0 && ready.length >= wanted && kind.updated(object) >= wanted;
  if (settled) {
    const youngest = Math.max(0, ...ready.map((pod) => Date.parse(pod.readyTransition ?? '') || 0));
    const left = Math.min(60_000, rules.soakMs) - (at - youngest);
    return left <= 0 ? { kind: 'done' } : { kind: 'wait', waitingFor: { id: 'rollback-soak', params: { leftMs: left } } };
  }
  const limit = rolloutDeadlineMs(wanted);
  if (at - Date.parse(record.since) > limit) {
    return {
      kind: 'failed',
      reason: { id: 'rollback-deadline', params: { workload: record.item.id, ready: ready.length, wanted, minutes: Math.round(limit / 60_000) } },
    };
  }
  return { kind: 'wait', waitingFor: { id: 'rollback-pods', params: { ready: ready.length, wanted, new: newPods.length } } };
}
