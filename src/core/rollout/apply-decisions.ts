import { assertNever } from '../error.ts';
import { enter } from './decide.ts';
import { decideGate } from './gate.ts';
import type { Decision, RunRecord, WorkloadRecord } from './run-record.ts';
import { isTerminal, type WorkloadState } from './workload-state.ts';

/** The run and the records a decision changes. */
export interface Decided {
  readonly run: RunRecord;
  readonly changed: readonly WorkloadRecord[];
  /** Decisions that changed nothing, as they were made about another halt than the one there is. */
  readonly stale: readonly Decision[];
}

/** Lets every decision that has not taken effect yet take effect, in order. Pure; replaying a decision changes nothing. */
export function applyDecisions(run: RunRecord, records: ReadonlyMap<string, WorkloadRecord>, now: number): Decided {
  const current = new Map(records);
  const changed = new Map<string, WorkloadRecord>();
  const stale: Decision[] = [];
  let next = run;
  for (const decision of run.decisions.filter((each) => each.seq > run.decided)) {
    if (isStale(next, decision)) {
      stale.push(decision);
      next = { ...next, decided: decision.seq };
      continue;
    }
    next = { ...applyToRun(next, decision), decided: decision.seq };
    for (const record of concerned(current, decision)) {
      const after = applyToRecord(record, decision, now);
      if (after === record) continue;
      current.set(record.item.id, after);
      changed.set(record.item.id, after);
    }
  }
  return { run: next, changed: [...changed.values()], stale };
}

/** What lets a run go on must be said about the very halt that stops it; one that records none is judged by its time. */
function isStale({ halt }: RunRecord, { kind, halt: seen, at }: Decision): boolean {
  if (!halt || (kind !== 'continue' && kind !== 'retry')) return false;
  return seen === undefined ? at < halt.at : seen !== halt.at;
}

function concerned(records: ReadonlyMap<string, WorkloadRecord>, decision: Decision): readonly WorkloadRecord[] {
  const all = [...records.values()];
  return decision.targets.length === 0 ? all : all.filter((record) => decision.targets.includes(record.item.id));
}

function applyToRun(run: RunRecord, decision: Decision): RunRecord {
  const { halt: _halt, finishedAt: _finishedAt, ...free } = run;
  switch (decision.kind) {
    case 'pause':
      return run.phase === 'RUNNING' || run.phase === 'PREPARING' ? { ...run, phase: 'PAUSED' } : run;
    case 'continue':
    case 'retry':
      return { ...free, ...decideGate(run, decision.kind), phase: 'RUNNING' };
    case 'abort':
      return { ...run, phase: 'ABORTED', finishedAt: decision.at };
    case 'rollback':
      return decision.targets.length === 0 ? { ...free, phase: 'ROLLING_BACK' } : run;
    case 'exclude':
    case 'unlock':
      return run;
    default:
      return assertNever(decision.kind);
  }
}

function applyToRecord(record: WorkloadRecord, decision: Decision, now: number): WorkloadRecord {
  switch (decision.kind) {
    case 'pause':
    case 'unlock':
      return record;
    case 'continue':
      return isTerminal(record.state) ? { ...record, acknowledged: true } : record;
    case 'exclude':
      return exclude(record, now);
    case 'retry':
      return retry(record, now);
    case 'rollback':
      return turnBack(record, now);
    case 'abort':
      return decision.rollbackInFlight === true && isTouched(record) ? turnBack(record, now) : record;
    default:
      return assertNever(decision.kind);
  }
}

function exclude(record: WorkloadRecord, now: number): WorkloadRecord {
  if (isTerminal(record.state)) return { ...record, acknowledged: true };
  if (record.state !== 'PLANNED') return record;
  return { ...enter(record, 'SKIPPED', now, { id: 'excluded', params: {} }), acknowledged: true };
}

/** A rolled-back workload is tried once more; an inconclusive one is judged again where it stands. */
function retry(record: WorkloadRecord, now: number): WorkloadRecord {
  if (record.state === 'INCONCLUSIVE') {
    return { ...enter(record, 'ROLLING', now), acknowledged: false, rolloutStartedAt: new Date(now).toISOString(), flaps: {} };
  }
  const again = record.state === 'ROLLED_BACK' || (record.state === 'SKIPPED' && record.reason?.id === 'excluded');
  if (!again) return record;
  const { evidence: _evidence, readySince: _readySince, proven: _proven, marker: _marker, intent: _intent, flaps: _flaps, ...rest } = record;
  return { ...enter(rest, 'PLANNED', now), attempt: record.attempt + 1, acknowledged: false };
}

function turnBack(record: WorkloadRecord, now: number): WorkloadRecord {
  const reason = { id: 'requested', params: {} };
  const changed: readonly WorkloadState[] = ['SUCCEEDED', 'REGRESSED', 'DEFERRED_ZERO', 'DEFERRED_VERIFY', 'INCONCLUSIVE', 'RB_FAILED'];
  const can = isTouched(record) || changed.includes(record.state);
  return can ? { ...enter(record, 'RB_INTENT', now, reason), acknowledged: true } : record;
}

function isTouched(record: WorkloadRecord): boolean {
  return record.state === 'APPLIED' || record.state === 'CANARY' || record.state === 'ROLLING' || record.state === 'SOAKING';
}
