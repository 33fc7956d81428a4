import { findDrift, type RunsSoFar } from '../core/drift/find-drift.ts';
import type { DriftReport } from '../core/drift/drift-report.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import type { Cluster } from '../ports/cluster.ts';
import { pooled } from './pooled.ts';
import type { ReadPorts } from './ports.ts';
import { listRecords, listRuns } from './state-store.ts';
import { survey, type SurveyOptions } from './survey.ts';

export interface DriftOptions extends SurveyOptions {
  readonly stateNamespace: string;
  readonly run: RunRecord;
}

/**
 * Compares the fleet with what the runs of this run's policy left behind (each workload's newest record counts, as a fleet
 * is seldom moved by one run). Reads only, so a CronJob may do it.
 */
export async function readDrift(ports: Pick<ReadPorts, 'cluster' | 'registry' | 'layers' | 'clock'>, options: DriftOptions): Promise<DriftReport> {
  const { run, policy, stateNamespace, signal } = options;
  const soFar = await readRuns(ports.cluster, { policy, stateNamespace, run, ...(signal ? { signal } : {}) });
  const inspections = await survey(ports, options);
  const items = findDrift(inspections, soFar);
  const at = new Date(ports.clock.now()).toISOString();
  return { apiVersion: 'changeover.dev/v1alpha1', kind: 'DriftReport', run: run.name, at, checked: inspections.length, items };
}

async function readRuns(
  cluster: Cluster,
  query: { readonly policy: Policy; readonly stateNamespace: string; readonly run: RunRecord; readonly signal?: AbortSignal },
): Promise<RunsSoFar> {
  const { policy, stateNamespace, run, signal } = query;
  const all = (await listRuns(cluster, stateNamespace, signal)).map(({ value }) => value);
  const ofPolicy = all.filter((each) => policyName(each) === policy.name && each.startedAt <= run.startedAt);
  const oldestFirst = [...ofPolicy].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  const records = new Map<string, WorkloadRecord>();
  for (const stored of await pooled(oldestFirst, 4, (each) => listRecords(cluster, stateNamespace, each.name, signal))) {
    // A later run that never came to a workload says nothing of it.
    for (const { value } of stored) if (value.state !== 'PLANNED' || !records.has(value.item.id)) records.set(value.item.id, value);
  }
  return { policy, records, skipped: new Map(run.skipped.map((each) => [each.id, each])) };
}

function policyName({ policy }: RunRecord): unknown {
  const metadata = policy['metadata'];
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? metadata['name'] : undefined;
}
