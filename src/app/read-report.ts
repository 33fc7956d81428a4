import { makeHistory, type History } from '../core/rollout/history.ts';
import { makeReport, type Report } from '../core/rollout/report.ts';
import type { Cluster } from '../ports/cluster.ts';
import { pooled } from './pooled.ts';
import { findRun, listRecords, listRuns } from './state-store.ts';

/** The report of a run, as its records in the cluster tell it. Reads only. `usage` when there is no such run. */
export async function readReport(cluster: Cluster, options: { readonly stateNamespace: string; readonly run?: string }, signal?: AbortSignal): Promise<Report> {
  const run = (await findRun(cluster, options, signal)).value;
  const records = await listRecords(cluster, options.stateNamespace, run.name, signal);
  return makeReport(
    run,
    records.map(({ value }) => value),
  );
}

/** All runs whose records are kept in the state namespace. Reads only. */
export async function readHistory(cluster: Cluster, stateNamespace: string, signal?: AbortSignal): Promise<History> {
  const runs = await listRuns(cluster, stateNamespace, signal);
  const whole = await pooled(runs, 4, async ({ value: run }) => {
    const records = await listRecords(cluster, stateNamespace, run.name, signal);
    return { run, records: records.map(({ value }) => value) };
  });
  return makeHistory(whole);
}
