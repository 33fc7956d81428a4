import type { Finding, OutcomeStatus, Skip } from '../finding.ts';
import type { Owner } from '../plan/plan.ts';
import type { Decision, Evidence, Reason, RunPhase, RunRecord, WorkloadRecord } from './run-record.ts';
import { summariseRun } from './summarise-run.ts';
import type { WorkloadState } from './workload-state.ts';
import { outcomeOf } from './workload-state.ts';

/** A workload of a run as it ended, or as it stands. */
export interface ReportItem {
  readonly id: string;
  readonly outcome: OutcomeStatus | 'in-progress';
  /** Value of the policy's `owners.label`. */
  readonly team?: string;
  readonly state?: WorkloadState;
  readonly since?: string;
  readonly owner?: Owner;
  readonly delivery?: string;
  readonly image?: { readonly before: string; readonly after: string };
  readonly reason?: Reason;
  readonly skip?: Pick<Skip, 'params'> & { readonly id: string };
  readonly evidence?: Evidence;
  /** How long its way back took, where it was tried (`rollout.drill`). Milliseconds. */
  readonly drillMs?: number;
  readonly acknowledged?: boolean;
}

/** Something a person must do, or look at. Text is made from id and params at the edge. */
export interface Todo {
  readonly workload: string;
  readonly team?: string;
  /** `state`: id is a workload state; `skip`: a skip id; `finding`: a finding id. */
  readonly kind: 'state' | 'skip' | 'finding';
  readonly id: string;
  readonly params: Finding['params'];
}

/** A run told in full: what became of every workload, why, who decided what, and what is left for people. */
export interface Report {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'Report';
  readonly run: string;
  readonly planHash: string;
  readonly phase: RunPhase;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly startedAs?: string;
  readonly finishedAt?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly finalized?: RunRecord['finalized'];
  readonly counts: { readonly [outcome: string]: number };
  readonly workloads: readonly ReportItem[];
  readonly decisions: readonly Decision[];
  readonly todo: readonly Todo[];
}

/** Skips that end by somebody doing something; the others are as they should be. */
const handSkips = new Set(['ambiguous-container', 'multiple-digests', 'unhealthy-before', 'paused', 'owner-reverts', 'blocked', 'stale', 'locked', 'deferred']);
const handStates = new Set<WorkloadState>([
  'ROLLED_BACK',
  'RB_FAILED',
  'INCONCLUSIVE',
  'REGRESSED',
  'CONFLICT',
  'DEFERRED_ZERO',
  'DEFERRED_VERIFY',
  'EXT_CHANGED',
]);

/** Makes the report of a run from its records. Pure. */
export function makeReport(run: RunRecord, records: readonly WorkloadRecord[]): Report {
  const sorted = [...records].sort((a, b) => (a.item.id < b.item.id ? -1 : 1));
  const workloads = [...sorted.map(itemOf), ...run.skipped.map(skippedItem)];
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Report',
    run: run.name,
    planHash: run.planHash,
    phase: run.phase,
    startedAt: run.startedAt,
    startedBy: run.startedBy,
    ...(run.startedAs === undefined ? {} : { startedAs: run.startedAs }),
    ...(run.finishedAt === undefined ? {} : { finishedAt: run.finishedAt }),
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    ...(run.ticket === undefined ? {} : { ticket: run.ticket }),
    ...(run.finalized ? { finalized: run.finalized } : {}),
    counts: summariseRun(run, records).counts,
    workloads,
    decisions: run.decisions,
    todo: [...sorted.flatMap(todoOf), ...run.skipped.flatMap(skippedTodo)],
  };
}

function itemOf({ item, state, since, reason, evidence, drill, acknowledged }: WorkloadRecord): ReportItem {
  return {
    id: item.id,
    outcome: outcomeOf(state) ?? 'in-progress',
    ...(item.team === undefined ? {} : { team: item.team }),
    state,
    since,
    owner: item.owner,
    delivery: item.delivery,
    image: { before: item.source.image, after: item.target.reference },
    ...(reason ? { reason } : {}),
    ...(evidence ? { evidence } : {}),
    ...(drill?.tookMs === undefined ? {} : { drillMs: drill.tookMs }),
    ...(acknowledged ? { acknowledged } : {}),
  };
}

function skippedItem({ id, skip, team, params = {} }: RunRecord['skipped'][number]): ReportItem {
  return { id, outcome: skip === 'already-on-target' ? 'unchanged' : 'skipped', ...(team === undefined ? {} : { team }), skip: { id: skip, params } };
}

function todoOf({ item, state, reason, findings }: WorkloadRecord): readonly Todo[] {
  const base = { workload: item.id, ...(item.team === undefined ? {} : { team: item.team }) };
  if (state === 'SKIPPED' && reason !== undefined)
    return handSkips.has(reason.id) ? [{ ...base, kind: 'skip', id: reason.id, params: reason.params as Finding['params'] }] : [];
  if (handStates.has(state)) return [{ ...base, kind: 'state', id: state, params: (reason?.params ?? {}) as Finding['params'] }];
  if (outcomeOf(state) !== 'migrated') return [];
  const seen = [...item.findings, ...findings].filter((finding) => finding.severity === 'warn');
  return seen.map(({ id, params }) => ({ ...base, kind: 'finding', id, params }));
}

function skippedTodo({ id, skip, team, params = {} }: RunRecord['skipped'][number]): readonly Todo[] {
  return handSkips.has(skip) ? [{ workload: id, ...(team === undefined ? {} : { team }), kind: 'skip', id: skip, params }] : [];
}
