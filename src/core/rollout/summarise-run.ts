import type { OutcomeStatus } from '../finding.ts';
import type { RunRecord, WorkloadRecord } from './run-record.ts';
import type { RunStatus } from './run-status.ts';
import { outcomeOf } from './workload-state.ts';

/** The run as people and `-o json` see it. */
export function summariseRun(run: RunRecord, records: readonly WorkloadRecord[], holder?: RunStatus['holder']): RunStatus {
  const batchOf = new Map(run.batches.flatMap((ids, index) => ids.map((id) => [id, index + 1] as const)));
  const workloads = records.map((record) => {
    const outcome = outcomeOf(record.state);
    return {
      id: record.item.id,
      batch: batchOf.get(record.item.id) ?? 0,
      state: record.state,
      since: record.since,
      acknowledged: record.acknowledged === true,
      fingerprint: record.item.fingerprint,
      ...(outcome ? { outcome } : {}),
      ...(record.reason ? { reason: record.reason } : {}),
      ...(record.evidence ? { evidence: record.evidence } : {}),
      ...(record.drill ? { drill: record.drill } : {}),
    };
  });
  const current = run.batches.findIndex((ids) => ids.some((id) => workloads.some((each) => each.id === id && (each.outcome ?? 'not-run') === 'not-run')));
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'RunStatus',
    run: run.name,
    planHash: run.planHash,
    phase: run.phase,
    startedAt: run.startedAt,
    batch: current < 0 ? run.batches.length : current + 1,
    batches: run.batches.length,
    workloads: workloads.sort((a, b) => a.batch - b.batch || (a.id < b.id ? -1 : 1)),
    skipped: run.skipped,
    counts: countOutcomes(run, records),
    decisions: run.decisions,
    ...(run.finishedAt === undefined ? {} : { finishedAt: run.finishedAt }),
    ...(run.halt ? { halt: run.halt } : {}),
    ...(run.gate?.holding && (run.phase === 'RUNNING' || run.phase === 'PAUSED') ? { holding: run.gate.holding } : {}),
    ...(holder ? { holder } : {}),
  };
}

function countOutcomes(run: RunRecord, records: readonly WorkloadRecord[]): { readonly [outcome: string]: number } {
  const counts: Record<OutcomeStatus | 'in-progress', number> = {
    migrated: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
    'rolled-back': 0,
    'not-run': 0,
    'in-progress': 0,
  };
  for (const record of records) counts[outcomeOf(record.state) ?? 'in-progress'] += 1;
  for (const each of run.skipped) counts[each.skip === 'already-on-target' ? 'unchanged' : 'skipped'] += 1;
  return counts;
}

/** The exit code a run ends with: 4 a rollback failed, 5 too many moved, 3 waits for a person, 0 done. */
export function exitCodeOf(run: RunRecord, records: readonly WorkloadRecord[]): 0 | 3 | 4 | 5 {
  if (records.some((record) => record.state === 'RB_FAILED' && record.acknowledged !== true)) return 4;
  if (run.phase === 'HALTED') return run.halt?.id === 'too-many-stale' ? 5 : 3;
  return run.phase === 'COMPLETED' || run.phase === 'ABORTED' ? 0 : 3;
}
