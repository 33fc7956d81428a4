import type { RunStatus } from '../core/rollout/run-status.ts';
import { summariseRun } from '../core/rollout/summarise-run.ts';
import type { Cluster } from '../ports/cluster.ts';
import { readLease } from './lease.ts';
import { findRun, listRecords } from './state-store.ts';

/** The run as the cluster knows it, from any machine. `usage` when there is no such run. */
export async function readStatus(
  cluster: Cluster,
  options: { readonly stateNamespace: string; readonly run?: string },
  signal?: AbortSignal,
): Promise<RunStatus> {
  const run = await findRun(cluster, options, signal);
  const [records, holder] = await Promise.all([
    listRecords(cluster, options.stateNamespace, run.value.name, signal),
    readLease(cluster, options.stateNamespace, run.value.name, signal),
  ]);
  return summariseRun(
    run.value,
    records.map((record) => record.value),
    holder,
  );
}
