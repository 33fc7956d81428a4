import { assertNever } from '../error.ts';
import type { PodView } from '../workload/pod-view.ts';
import { beginDrill, endDrill, isDrill, timeDrill } from './drill.ts';
import { gateHalt, heldBatch, stepGate } from './gate.ts';
import { chooseStarts, deniedHalt, frozenStacks, type HoldRules } from './hold-start.ts';
import type { GateObservation } from './judge-gate.ts';
import { judge, type JudgeRules, type Verdict } from './judge.ts';
import { judgeProbation } from './judge-probation.ts';
import { judgeRollback } from './judge-rollback.ts';
import type { Observation } from './observation.ts';
import { foreignReason, recover } from './recover.ts';
import type { Gate, Halt, Reason, RunRecord, WorkloadRecord } from './run-record.ts';
import { countSharing, isFailed, SYSTEMIC_PACE, systemicHalt } from './run-failures.ts';
import { findStuckPod } from './stuck-pod.ts';
import { trackPods } from './track-pods.ts';
import { waitingState, type WaitingState } from './waiting-state.ts';
import { isTerminal, type WorkloadState } from './workload-state.ts';

/** One step the engine takes for one workload, or for the run. After each step everything is observed again. */
export type Action =
  /** Checks that the workload is as planned and its image exists: PLANNED -> READY or SKIPPED. Writes only to the registry. */
  | { readonly kind: 'prepare'; readonly id: string }
  | { readonly kind: 'claim'; readonly id: string }
  | { readonly kind: 'release'; readonly id: string }
  | { readonly kind: 'apply'; readonly id: string }
  /** The last step's answer is unknown: read the object and continue from what it says. */
  | { readonly kind: 'recover'; readonly id: string }
  /** Takes over a dead instance's marker, so that its late writes fail their test. */
  | { readonly kind: 'fence'; readonly id: string }
  /** Ends a canary: the fields that held the rollout at one pod go back to what they were. */
  | { readonly kind: 'promote'; readonly id: string }
  | { readonly kind: 'succeed'; readonly id: string }
  /** Saves the evidence while the pods still exist, then turns back (or holds, by policy). */
  | { readonly kind: 'fail'; readonly id: string; readonly reason: Reason }
  | { readonly kind: 'rollback'; readonly id: string }
  /** Deletes the one pod of ours that holds up the way back. */
  | { readonly kind: 'unstick'; readonly id: string; readonly pod: string; readonly uid: string }
  /** Persists a new record; `waitingFor` is for people only. */
  | { readonly kind: 'record'; readonly id: string; readonly record: WorkloadRecord; readonly waitingFor?: Reason }
  | { readonly kind: 'waiting'; readonly id: string; readonly waitingFor: Reason }
  /** Persists where the gate between two batches stands. */
  | { readonly kind: 'gate'; readonly gate: Gate }
  /** A batch is held back; for people only. */
  | { readonly kind: 'holding'; readonly waitingFor: Reason }
  | { readonly kind: 'halt'; readonly halt: Halt }
  | { readonly kind: 'finish' };

export interface Situation {
  readonly run: RunRecord;
  readonly records: ReadonlyMap<string, WorkloadRecord>;
  /** Of the workloads in flight; read after the record it is judged with was written. */
  readonly observations: ReadonlyMap<string, Observation>;
  /** What the traces of the switched services show; only read at a barrier, undefined before the first answer. */
  readonly gate?: GateObservation;
  /** What holds starts back, besides batches and the gate; left out = nothing does. */
  readonly holds?: HoldRules;
  /** Pods of workloads that were switched lately, by workload; only read before a batch starts. */
  readonly switched?: ReadonlyMap<string, readonly PodView[]>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** An interrupt asked to start nothing more. */
  readonly stopping: boolean;
  readonly rules: JudgeRules & {
    readonly maxFailures: number;
    readonly maxStale: number;
    readonly batchSize: number;
    readonly gate: boolean;
    readonly drill: boolean;
  };
}

/**
 * The one place that knows batching, health, rollback and resume. Rollbacks come first; a new batch starts only when
 * every member of the one before is done, no failure waits for a person, and the gate (where there is one) is open. Pure.
 */
export function decide(situation: Situation): readonly Action[] {
  const held = barrier(situation);
  const halt = situation.run.phase === 'RUNNING' ? (haltReason(situation) ?? (held && gateHalt(situation, held))) : worseHalt(situation);
  const phase = halt ? 'HALTED' : situation.run.phase;
  const fallen = [...situation.records.values()].some((record) => regress(record, situation) !== undefined);
  const startable = phase === 'RUNNING' && !situation.stopping && !held && !fallen ? activeBatch(situation) : undefined;
  const starts = startable && chooseStarts(situation, startable.members);
  const steps = [...situation.records.values()]
    .map((record) => step(record, situation, starts?.ids.has(record.item.id) ?? false))
    .filter((action) => action !== undefined);
  const first = steps.filter((action) => action.kind === 'rollback' || action.kind === 'fail');
  const rest = steps.filter((action) => action.kind !== 'rollback' && action.kind !== 'fail');
  const atGate = halt ? [{ kind: 'halt', halt } as const] : held ? stepGate(situation, held) : [];
  const holding = starts?.holding ? [{ kind: 'holding', waitingFor: starts.holding } as const] : [];
  return [...atGate, ...holding, ...paceRollbacks(first, situation, halt), ...rest, ...finishing(situation, halt)];
}

/** The batch that the gate holds back now; undefined when none is, or nothing would be started anyway. */
export function barrier(situation: Pick<Situation, 'run' | 'records' | 'stopping' | 'rules'>): { readonly number: number } | undefined {
  const { run, stopping, rules } = situation;
  return rules.gate && run.phase === 'RUNNING' && !stopping ? heldBatch(run, activeBatch(situation)) : undefined;
}

/** The batch whose members may start now: the first with a member that is not terminal, nor waiting in a stack that failed. */
export function activeBatch(situation: Pick<Situation, 'run' | 'records'>): { readonly index: number; readonly members: ReadonlySet<string> } | undefined {
  const frozen = frozenStacks(situation.records);
  const index = situation.run.batches.findIndex((ids) => ids.some((id) => !isDone(situation.records.get(id), frozen)));
  const members = situation.run.batches[index];
  return members && { index, members: new Set(members) };
}

/** Whether anything of the run may still move without a person: an exit before that would leave pods unwatched. */
export function isSettled(situation: Pick<Situation, 'run' | 'records'>): boolean {
  return [...situation.records.values()].every((record) => record.state === 'PLANNED' || (isTerminal(record.state) && !holdsCanary(record, situation.run)));
}

/** A canary's fields are still on a workload that has ended; where a person must decide first, they keep it at one pod. */
function holdsCanary(record: WorkloadRecord, run: RunRecord): boolean {
  if (record.canary !== 'open' || !isTerminal(record.state) || record.state === 'GONE') return false;
  return !isState(record, ['INCONCLUSIVE', 'RB_FAILED']) || record.acknowledged === true || run.phase === 'ABORTED';
}

/** Rollbacks after a failure go at once, but few at a time where something common is wrong; those a person asked for go at most a batch at a time. */
function paceRollbacks(actions: readonly Action[], situation: Situation, halt: Halt | undefined): readonly Action[] {
  const systemic = (halt ?? situation.run.halt)?.id === 'systemic';
  const rolling = [...situation.records.values()].filter((record) => record.state === 'RB_ROLLING').length;
  let free = Math.max(0, (systemic ? SYSTEMIC_PACE : situation.rules.batchSize) - rolling);
  return actions.filter((action) => {
    const requested = action.kind === 'rollback' && situation.records.get(action.id)?.reason?.id === 'requested';
    if (!requested && !(systemic && action.kind === 'rollback')) return true;
    free -= 1;
    return free >= 0;
  });
}

function isDone(record: WorkloadRecord | undefined, frozen: ReadonlySet<string>): boolean {
  return record === undefined || isTerminal(record.state) || (record.state === 'PLANNED' && frozen.has(record.item.fingerprint));
}

function haltReason(situation: Situation): Halt | undefined {
  const open = [...situation.records.values()].filter((record) => record.acknowledged !== true);
  const broken = open.filter((record) => isState(record, ['RB_FAILED', 'CONFLICT']));
  const failed = open.filter((record) => isFailed(record) && !isState(record, ['RB_FAILED', 'INCONCLUSIVE']));
  const unclear = open.filter((record) => record.state === 'INCONCLUSIVE');
  const regressed = open.filter((record) => record.state === 'REGRESSED');
  const stale = open.filter((record) => record.state === 'SKIPPED' && record.reason?.id === 'stale');
  const at = new Date(situation.now).toISOString();
  const pending = countSharing(failed, situation.records);
  const params = pending > 0 ? { params: { pending } } : {};
  const halt = (id: string, records: readonly WorkloadRecord[]): Halt => ({ at, id, workloads: records.map((record) => record.item.id) });
  if (broken.length > 0) return halt(broken.some((record) => record.state === 'RB_FAILED') ? 'rollback-failed' : 'conflict', broken);
  if (regressed.length > 0) return halt('regressed', regressed);
  if (unclear.length > 0) return halt('inconclusive', unclear);
  const systemic = systemicHalt(situation.run, situation.records, at);
  if (systemic) return systemic;
  if (failed.length > situation.rules.maxFailures) return { ...halt('workload-failed', failed), ...params };
  if (pending > 0 && isSettled(situation) && !activeBatch(situation)) return { ...halt('stack-frozen', failed), ...params };
  const denied = deniedHalt(situation.holds, at);
  if (denied) return denied;
  if (stale.length > 1 && stale.length > situation.rules.maxStale * situation.records.size) return halt('too-many-stale', stale);
  return undefined;
}

/** A halt for one failure becomes another once more have failed the same way. */
function worseHalt({ run, records, now }: Situation): Halt | undefined {
  if (run.phase !== 'HALTED' || run.halt?.id !== 'workload-failed') return undefined;
  return systemicHalt(run, records, new Date(now).toISOString());
}

function finishing(situation: Situation, halt: Halt | undefined): readonly Action[] {
  const { run, records } = situation;
  if (halt || !isSettled(situation)) return [];
  const planned = [...records.values()].some((record) => record.state === 'PLANNED');
  if (run.phase === 'RUNNING' && !planned) return [{ kind: 'finish' }];
  return run.phase === 'ROLLING_BACK' ? [{ kind: 'finish' }] : [];
}

function step(record: WorkloadRecord, situation: Situation, mayStart: boolean): Action | undefined {
  const id = record.item.id;
  if (holdsCanary(record, situation.run)) return { kind: 'promote', id };
  switch (record.state) {
    case 'PLANNED':
      return mayStart ? { kind: 'prepare', id } : undefined;
    case 'ARTIFACT':
      return mayStart ? { kind: 'prepare', id } : { kind: 'record', id, record: enter(record, 'PLANNED', situation.now) };
    case 'READY':
      return mayStart ? { kind: 'claim', id } : { kind: 'record', id, record: enter(record, 'PLANNED', situation.now) };
    case 'CLAIMED':
      if (record.epoch !== situation.run.epoch) return { kind: 'recover', id };
      return mayStart ? { kind: 'apply', id } : { kind: 'release', id };
    case 'APPLY_INTENT':
      return { kind: 'recover', id };
    case 'APPLIED':
    case 'CANARY':
    case 'ROLLING':
    case 'SOAKING':
      return watch(record, situation);
    case 'RB_INTENT':
      return record.epoch === situation.run.epoch ? { kind: 'rollback', id } : { kind: 'fence', id };
    case 'RB_ROLLING':
      return watchRollback(record, situation);
    case 'SUCCEEDED':
      return regress(record, situation);
    case 'REGRESSED':
    case 'FINALIZED':
    case 'DEFERRED_ZERO':
    case 'DEFERRED_VERIFY':
    case 'ROLLED_BACK':
    case 'RB_FAILED':
    case 'INCONCLUSIVE':
    case 'CONFLICT':
    case 'EXT_CHANGED':
    case 'GONE':
    case 'SKIPPED':
      return undefined;
    default:
      return assertNever(record.state);
  }
}

/** A switched workload that crashes after all. */
function regress(record: WorkloadRecord, situation: Situation): Action | undefined {
  const reason = judgeProbation(record, situation.switched?.get(record.item.id) ?? [], situation.now);
  return reason && { kind: 'record', id: record.item.id, record: enter(record, 'REGRESSED', situation.now, reason) };
}

function watch(record: WorkloadRecord, situation: Situation): Action | undefined {
  const id = record.item.id;
  const observation = situation.observations.get(id);
  if (!observation) return undefined;
  const found = recover(observation.object, record, true);
  if (found === 'gone') return { kind: 'record', id, record: enter(record, 'GONE', situation.now, { id: 'gone', params: {} }) };
  if (found !== 'applied') return { kind: 'record', id, record: enter(record, 'EXT_CHANGED', situation.now, foreignReason(found, observation.object)) };
  if (record.epoch !== situation.run.epoch) return { kind: 'fence', id };
  if (situation.run.phase === 'ROLLING_BACK') {
    return { kind: 'record', id, record: { ...enter(record, 'RB_INTENT', situation.now, { id: 'requested', params: {} }), acknowledged: true } };
  }
  const tracked = trackPods(record, observation);
  return follow(tracked, judge(observation, tracked, situation.rules), { situation, changed: tracked !== record });
}

function follow(record: WorkloadRecord, verdict: Verdict, context: { readonly situation: Situation; readonly changed: boolean }): Action {
  const id = record.item.id;
  const { now } = context.situation;
  const drill = beginDrill(record, verdict, context.situation);
  if (drill) return { kind: 'record', id, record: drill };
  switch (verdict.kind) {
    case 'pass':
      return { kind: record.canary === 'open' ? 'promote' : 'succeed', id };
    case 'fail':
      return { kind: 'fail', id, reason: verdict.reason };
    case 'deferred':
      return {
        kind: 'record',
        id,
        record: enter(record, verdict.reason.params['because'] === 'next-run' ? 'DEFERRED_VERIFY' : 'DEFERRED_ZERO', now, verdict.reason),
      };
    case 'inconclusive':
      return { kind: 'record', id, record: enter(record, 'INCONCLUSIVE', now, verdict.reason) };
    case 'wait': {
      const state = waitingState(record, verdict);
      if (state !== record.state) return { kind: 'record', id, record: moveOn(record, state, now), waitingFor: verdict.waitingFor };
      if (context.changed) return { kind: 'record', id, record, waitingFor: verdict.waitingFor };
      return { kind: 'waiting', id, waitingFor: verdict.waitingFor };
    }
    default:
      return assertNever(verdict);
  }
}

/** Pods that come or go during a soak (scaling, an eviction) get their own time to become Ready. */
function moveOn(record: WorkloadRecord, state: WaitingState, now: number): WorkloadRecord {
  const next = enter(record, state, now);
  if (record.state !== 'SOAKING') return next;
  return { ...next, rolloutStartedAt: new Date(now).toISOString(), unsettled: (record.unsettled ?? 0) + 1 };
}

function watchRollback(record: WorkloadRecord, situation: Situation): Action | undefined {
  const id = record.item.id;
  const observation = situation.observations.get(id);
  if (!observation) return undefined;
  if (observation.object?.metadata.uid !== record.item.uid)
    return { kind: 'record', id, record: enter(record, 'GONE', situation.now, { id: 'gone', params: {} }) };
  const verdict = judgeRollback(observation, record, situation.rules);
  if (verdict.kind === 'done' && isDrill(record)) return { kind: 'record', id, ...endDrill(record, situation.now) };
  if (verdict.kind === 'done') return { kind: 'record', id, record: enter(record, 'ROLLED_BACK', situation.now, record.reason) };
  if (verdict.kind === 'failed') return { kind: 'record', id, record: enter(record, 'RB_FAILED', situation.now, verdict.reason) };
  const timed = verdict.waitingFor.id === 'rollback-soak' ? timeDrill(record, situation.now) : undefined;
  if (timed) return { kind: 'record', id, record: timed, waitingFor: verdict.waitingFor };
  const stuck = findStuckPod(observation, record);
  return stuck ? { kind: 'unstick', id, pod: stuck.name, uid: stuck.uid } : { kind: 'waiting', id, waitingFor: verdict.waitingFor };
}

/** The record in another state; `since` moves, the reason is replaced or dropped. */
export function enter(record: WorkloadRecord, state: WorkloadState, now: number, reason?: Reason): WorkloadRecord {
  const { reason: _reason, ...rest } = record;
  return { ...rest, state, since: new Date(now).toISOString(), ...(reason ? { reason } : {}) };
}

function isState(record: WorkloadRecord, states: readonly WorkloadState[]): boolean {
  return states.includes(record.state);
}
