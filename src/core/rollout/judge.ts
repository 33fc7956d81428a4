import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Observation, ProofState } from './observation.ts';
import { isOver, judgePod, type PodVerdict } from './pod-verdict.ts';
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
  /** How long the first pod is judged alone; 0 or absent = all at once. */
  readonly canaryMs?: number;
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
  const { object, intentSet, at } = observation;
  if (!object) return { kind: 'inconclusive', reason: { id: 'object-gone', params: {} } };
  const hard = judgeHard(object, observation, record);
  if (hard.verdict) return hard.verdict;
  const newPods = observation.newPods.filter((pod) => !isOver(pod) && !pod.terminating);
  const old = observation.oldPods.filter((pod) => !isOver(pod)).length + observation.newPods.filter((pod) => pod.terminating && !isOver(pod)).length;

  const wanted = replicasOf(object);
  const due = { record, at, wanted, heldMs: kindOf(object).heldMs?.(object) ?? 0, trouble: hard.trouble };
  const observed = kindOf(object).observed(object);
  if (kindOf(object).paused(object)) return { kind: 'inconclusive', reason: { id: 'paused-by-others', params: {} } };
  if ((!observed || !intentSet) && isForgotten(observation, record)) return { kind: 'inconclusive', reason: { id: 'no-replicaset', params: {} } };
  // What breaks a soak begins a rollout of its own: the time the first one took does not count against it.
  const overdue = record.state === 'SOAKING' ? unsettled(record) : late(due);
  if (!observed) return overdue ?? rolling('controller', {});
  if (!intentSet) return overdue ?? rolling('new-replicaset', {});
  if (wanted === 0)
    return newPods.length + old === 0
      ? { kind: 'deferred', reason: { id: 'unverified', params: { because: kindOf(object).deferred ?? 'scaled-to-zero' } } }
      : rolling('scaled-to-zero', {});
  const ready = newPods.filter((pod) => pod.ready).length;
  if (record.canary === 'open') {
    if (ready === 0) return overdue ?? rolling('canary-pod', { detail: detailOfTrouble(hard.trouble) });
    return soak({ ...observation, newPods: newPods.filter((pod) => pod.ready) }, record, { ...rules, soakMs: rules.canaryMs ?? 0 }, at);
  }
  if (ready < wanted || old > 0) return overdue ?? rolling('pods', { ready, wanted, old, detail: detailOfTrouble(hard.trouble) });
  return soak({ ...observation, newPods }, record, rules, at);
}

interface Hard {
  /** What no waiting can change. */
  readonly verdict?: Verdict;
  /** What keeps a pod from being Ready, trouble outside the change first. */
  readonly trouble: PodVerdict | undefined;
}

/** What any new pod, or the controller, says against the change; never averaged. */
function judgeHard(object: KubeObject, observation: Observation, record: WorkloadRecord): Hard {
  const { newPods } = observation;
  const startupRestarts = record.baseline?.startupRestarts ?? 0;
  const verdicts = newPods.map((pod) => judgePod(pod, record.item.container, startupRestarts));
  const doomed = verdicts.find((verdict) => verdict.kind === 'doomed');
  const trouble = verdicts.find((verdict) => verdict.kind === 'infra') ?? verdicts.find((verdict) => verdict.kind === 'waiting');
  const fail = (reason: Reason): Hard => ({ verdict: { kind: 'fail', reason }, trouble });
  if (doomed?.kind === 'doomed') return fail(doomed.reason);
  const wrong = judgeProofs(observation);
  if (wrong) return { verdict: wrong, trouble };
  const refused = replicaFailure(object);
  if (refused) return fail(refused);
  const aborted = kindOf(object).observed(object) ? kindOf(object).aborted?.(object) : undefined;
  if (aborted !== undefined) return fail({ id: 'rollout-aborted', params: { detail: aborted } });
  const flaps = newPods.find((pod) => (record.flaps?.[pod.uid] ?? 0) >= 2);
  if (flaps) return fail({ id: 'readiness-flaps', params: { pod: flaps.name, times: record.flaps?.[flaps.uid] ?? 0 } });
  return { trouble };
}

/** How long the controller may take to make the new ReplicaSet. */
const CONTROLLER_MS = 60_000;

/** Nobody acts on our change: the controller does not run. `Recreate` ends the old pods first. */
function isForgotten({ at, oldPods }: Observation, record: WorkloadRecord): boolean {
  return record.state === 'APPLIED' && at - Date.parse(record.since) > CONTROLLER_MS && (record.item.surge > 0 || oldPods.length === 0);
}

/** How often a soak may begin anew because pods came and went. */
const MAX_UNSETTLED = 10;

function unsettled(record: WorkloadRecord): Verdict | undefined {
  const times = record.unsettled ?? 0;
  return times < MAX_UNSETTLED ? undefined : { kind: 'inconclusive', reason: { id: 'unsettled', params: { times } } };
}

function detailOfTrouble(trouble: PodVerdict | undefined): JsonObject | null {
  return trouble?.kind === 'infra' || trouble?.kind === 'waiting' ? trouble.reason.params : null;
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

interface Due {
  readonly record: WorkloadRecord;
  readonly at: number;
  readonly wanted: number;
  /** How long its own steps hold it up, in milliseconds. */
  readonly heldMs: number;
  readonly trouble: PodVerdict | undefined;
}

/** The verdict once the rollout took too long; trouble outside the change gets twice the time, but for a lack of capacity. */
function late({ record, at, wanted, heldMs, trouble }: Due): Verdict | undefined {
  const infra = trouble?.kind === 'infra' ? trouble.reason.params : undefined;
  const capacity = infra?.['what'] === 'Unschedulable';
  const limit = rolloutDeadlineMs(wanted) * (infra && !capacity ? 2 : 1) + heldMs;
  if (at - Date.parse(record.rolloutStartedAt ?? record.since) <= limit) return undefined;
  const minutes = Math.round(limit / 60_000);
  if (infra) return { kind: 'fail', reason: { id: capacity ? 'capacity' : 'infrastructure-deadline', params: { ...infra, minutes } } };
  return { kind: 'fail', reason: { id: 'deadline', params: { minutes } } };
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
