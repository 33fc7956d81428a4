import type { Verdict } from './judge.ts';
import type { Reason, RunRecord, WorkloadRecord } from './run-record.ts';
import { isTerminal, outcomeOf } from './workload-state.ts';

/** Where a workload is that is sent forward, back and forward again to see the way back work (`rollout.drill`). */
export interface Drill {
  /** RFC 3339: when it turned back. */
  readonly startedAt: string;
  /** From there to every old pod being Ready and no new one left. */
  readonly tookMs?: number;
}

/** The run's first workload that comes so far turns back once, as soon as its new pods are Ready; undefined where nothing is to be tried. Pure. */
export function beginDrill(record: WorkloadRecord, verdict: Verdict, context: DrillContext): WorkloadRecord | undefined {
  const { run, records, now, rules, stopping } = context;
  if (!rules.drill || record.canary === 'open' || stopping || run.phase !== 'RUNNING') return undefined;
  if (verdict.kind !== 'pass' && !(verdict.kind === 'wait' && verdict.phase === 'soaking')) return undefined;
  const states = [...records.values()];
  if (states.some((each) => each.drill !== undefined) || run.batches.flat().find((id) => isCandidate(records.get(id))) !== record.item.id) return undefined;
  const at = new Date(now).toISOString();
  return { ...record, state: 'RB_INTENT', since: at, reason: { id: 'drill', params: {} }, drill: { startedAt: at } };
}

export interface DrillContext {
  readonly run: RunRecord;
  readonly records: ReadonlyMap<string, WorkloadRecord>;
  readonly now: number;
  readonly stopping: boolean;
  readonly rules: { readonly drill: boolean };
}

/** Whether a way back that is under way is a drill's. */
export function isDrill(record: WorkloadRecord): boolean {
  return record.reason?.id === 'drill';
}

/** The record with the time the way back took, once the old pods are Ready; undefined where it is known, or no drill. */
export function timeDrill(record: WorkloadRecord, now: number): WorkloadRecord | undefined {
  if (!isDrill(record) || !record.drill || record.drill.tookMs !== undefined) return undefined;
  return { ...record, drill: { ...record.drill, tookMs: now - Date.parse(record.drill.startedAt) } };
}

/** Back where it was: it starts once more, as a new attempt; and what there is to say of it. */
export function endDrill(record: WorkloadRecord, now: number): { readonly record: WorkloadRecord; readonly waitingFor: Reason } {
  const timed = timeDrill(record, now) ?? record;
  const { reason: _reason, readySince: _readySince, proven: _proven, marker: _marker, intent: _intent, flaps: _flaps, ...rest } = timed;
  return {
    record: { ...rest, state: 'PLANNED', since: new Date(now).toISOString(), attempt: record.attempt + 1 },
    waitingFor: { id: 'drilled', params: { tookMs: timed.drill?.tookMs ?? 0 } },
  };
}

function isCandidate(record: WorkloadRecord | undefined): boolean {
  return record !== undefined && (!isTerminal(record.state) || outcomeOf(record.state) === 'migrated');
}
