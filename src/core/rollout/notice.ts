import type { JsonObject } from '../json.ts';
import type { RunRecord, WorkloadRecord } from './run-record.ts';
import { summariseRun } from './summarise-run.ts';
import { outcomeOf } from './workload-state.ts';

/**
 * What people outside are told of a run: the event `run.halted` or `run.finished` with who is affected (teams by the
 * policy's `owners.label`), what failed with its cause and last log lines, who started the run, and why. Pure; `at` is
 * milliseconds since the epoch.
 */
export function makeNotice(run: RunRecord, records: readonly WorkloadRecord[], at: number): JsonObject {
  const halted = run.phase === 'HALTED' && run.halt !== undefined;
  const ids = new Set(halted ? run.halt.workloads : []);
  const concerned = records.filter(({ item, state }) => ids.has(item.id) || outcomeOf(state) === 'failed' || outcomeOf(state) === 'rolled-back');
  return {
    kind: 'Event',
    time: new Date(at).toISOString(),
    run: run.name,
    type: halted ? 'run.halted' : 'run.finished',
    phase: run.phase,
    ...(halted ? { reason: { id: run.halt.id, params: run.halt.params ?? {} } } : {}),
    cluster: run.clusterId,
    startedAt: run.startedAt,
    startedBy: run.startedBy,
    ...(run.startedAs === undefined ? {} : { startedAs: run.startedAs }),
    ...(run.reason === undefined ? {} : { why: run.reason }),
    ...(run.ticket === undefined ? {} : { ticket: run.ticket }),
    counts: { ...summariseRun(run, records).counts },
    owners: [...new Set(concerned.map(({ item }) => item.team ?? ''))].sort(),
    workloads: concerned.map(describe),
  };
}

function describe({ item, state, reason, evidence }: WorkloadRecord): JsonObject {
  return {
    id: item.id,
    state,
    ...(item.team === undefined ? {} : { owner: item.team }),
    ...(reason ? { reason: { id: reason.id, params: reason.params } } : {}),
    ...(evidence?.cause ? { cause: { ...evidence.cause } } : {}),
    ...(evidence ? { log: evidence.log } : {}),
  };
}
