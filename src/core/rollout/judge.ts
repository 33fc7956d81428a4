import { isJsonObject, type Json } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Observation, ProofState } from './observation.ts';
import { judgePod } from './pod-verdict.ts';
import type { Reason, WorkloadRecord } from './run-record.ts';

/** The judgement of one observation. `wait` names what is waited for; `soaking` once only time is missing. */
export type Verdict =
  | { readonly kind: 'wait'; readonly phase: 'rolling' | 'soaking'; readonly waitingFor: Reason }
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly reason: Reason }
  /** Nothing runs any more that could be judged: the change stays, unverified. */
  | { readonly kind: 'deferred'; readonly reason: Reason }
  | { readonly kind: 'inconclusive'; readonly reason: Reason };

export interface JudgeRules {
  readonly soakMs: number;
  readonly proof: 'log' | 'spans' | 'off';
}

/** Time a rollout may take before it counts as failed: ten minutes, more for many replicas. Milliseconds. */
export function rolloutDeadlineMs(replicas: number): number {
  return Math.max(10 * 60_000, replicas * 3 * 60_000);
}

/**
 * Judges a workload from the pods of its new ReplicaSet alone (Deployment conditions are late and can be stale).
 * A doomed pod is never averaged away; a missing proof is inconclusive, never a pass. Pure: same input, same verdict.
 */
export function judge(observation: Observation, record: WorkloadRecord, rules: JudgeRules): Verdict {
  const { object, newPods, intentSet, at } = observation;
  if (!object) return { kind: 'inconclusive', reason: { id: 'object-gone', params: {} } };
  const startupRestarts = record.baseline?.startupRestarts ?? 0;
  const verdicts = newPods.map((pod) => judgePod(pod, record.item.container, startupRestarts));
  const doomed = verdicts.find((verdict) => verdict.kind === 'doomed');
  if (doomed?.kind === 'doomed') return { kind: 'fail', reason: doomed.reason };
  const wrong = judgeProofs(observation);
  if (wrong) return wrong;
  const refused = replicaFailure(object);
  if (refused) return { kind: 'fail', reason: refused };
  const flaps = newPods.find((pod) => (record.flaps?.[pod.uid] ?? 0) >= 2);
  if (flaps) return { kind: 'fail', reason: { id: 'readiness-flaps', params: { pod: flaps.name, times: record.flaps?.[flaps.uid] ?? 0 } } };

  const wanted = replicasOf(object);
  if (!kindOf(object).observed(object)) return rolling('controller', {});
  if (kindOf(object).paused(object)) return { kind: 'inconclusive', reason: { id: 'paused-by-others', params: {} } };
  if (!intentSet) return late(observation, record, wanted) ?? rolling('new-replicaset', {});
  if (wanted === 0)
    return newPods.length === 0
      ? { kind: 'deferred', reason: { id: 'unverified', params: { because: kindOf(object).deferred ?? 'scaled-to-zero' } } }
      : rolling('scaled-to-zero', {});
  const trouble = verdicts.find((verdict) => verdict.kind === 'infra') ?? verdicts.find((verdict) => verdict.kind === 'waiting');
  const detail = trouble?.kind === 'infra' || trouble?.kind === 'waiting' ? trouble.reason.params : null;
  const ready = newPods.filter((pod) => pod.ready).length;
  if (ready < wanted || observation.oldPods.length > 0) {
    const overdue = late(observation, record, wanted);
    if (overdue) return overdue;
    return rolling('pods', { ready, wanted, old: observation.oldPods.length, detail });
  }
  return soak(observation, record, rules, at);
}

function soak(observation: Observation, record: WorkloadRecord, rules: JudgeRules, at: number): Verdict {
  const waits = observation.newPods.map((pod) => {
    const seen = record.readySince?.[pod.uid];
    return seen ? rules.soakMs - (at - Date.parse(seen.at)) : rules.soakMs;
  });
  const left = Math.max(...waits);
  const unproven = rules.proof !== 'off' ? observation.newPods.find((pod) => observation.proofs[pod.uid]?.kind !== 'target') : undefined;
  if (unproven) {
    const proof = observation.proofs[unproven.uid];
    const params = { pod: unproven.name, ...(rules.proof === 'spans' ? { from: 'spans' } : {}), ...detailOf(proof) };
    // A span may come at any time of the soak: only an answer from after it says that none came.
    const over = rules.proof === 'log' || (proof?.kind === 'none' && proof.askedAt !== undefined && left <= proof.askedAt - at);
    if (proof?.kind === 'none' && proof.expired && over) return { kind: 'inconclusive', reason: { id: 'no-proof', params } };
    return { kind: 'wait', phase: 'soaking', waitingFor: { id: 'proof', params } };
  }
  if (left > 0) return { kind: 'wait', phase: 'soaking', waitingFor: { id: 'soak', params: { leftMs: left, pods: observation.newPods.length } } };
  return { kind: 'pass' };
}

function detailOf(proof: ProofState | undefined): { readonly detail?: string } {
  return proof?.kind === 'none' && proof.detail !== undefined ? { detail: proof.detail } : {};
}

function judgeProofs(observation: Observation): Verdict | undefined {
  for (const pod of observation.newPods) {
    const proof: ProofState | undefined = observation.proofs[pod.uid];
    if (proof?.kind === 'other') return { kind: 'fail', reason: { id: 'wrong-agent', params: { pod: pod.name, agent: proof.agent, line: proof.line } } };
    if (proof?.kind === 'both') return { kind: 'fail', reason: { id: 'two-agents', params: { pod: pod.name, line: proof.line } } };
  }
  return undefined;
}

function late(observation: Observation, record: WorkloadRecord, wanted: number): Verdict | undefined {
  const started = Date.parse(record.rolloutStartedAt ?? record.since);
  const limit = rolloutDeadlineMs(wanted);
  if (observation.at - started <= limit) return undefined;
  return { kind: 'fail', reason: { id: 'deadline', params: { minutes: Math.round(limit / 60_000) } } };
}

function rolling(id: string, params: { readonly [name: string]: Json }): Verdict {
  return { kind: 'wait', phase: 'rolling', waitingFor: { id, params } };
}

/** Pods the workload wants now, by the rules of its kind. */
export function replicasOf(object: KubeObject): number {
  return kindOf(object).wanted(object);
}

function replicaFailure(object: KubeObject): Reason | undefined {
  const status = object['status'];
  const conditions = isJsonObject(status) && Array.isArray(status['conditions']) ? status['conditions'] : [];
  const failure = conditions.filter(isJsonObject).find((each) => each['type'] === 'ReplicaFailure' && each['status'] === 'True');
  if (!failure) return undefined;
  return { id: 'admission', params: { detail: typeof failure['message'] === 'string' ? failure['message'] : '' } };
}
