import type { PodView } from '../workload/pod-view.ts';
import { judgePod } from './pod-verdict.ts';
import type { Reason, WorkloadRecord } from './run-record.ts';

/** How long after its success a workload that crashes is still taken for a victim of the change. Milliseconds. */
export const PROBATION_MS = 60 * 60_000;

/** What a pod of a switched workload says against the change after all; undefined while all is well. */
export function judgeProbation(record: WorkloadRecord, pods: readonly PodView[], now: number): Reason | undefined {
  if (record.state !== 'SUCCEEDED' || now - Date.parse(record.since) >= PROBATION_MS) return undefined;
  const verdicts = pods.map((pod) => judgePod(pod, record.item.container, record.baseline?.startupRestarts ?? 0));
  const doomed = verdicts.find((verdict) => verdict.kind === 'doomed');
  return doomed?.kind === 'doomed' ? doomed.reason : undefined;
}
