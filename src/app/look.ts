import type { Situation } from '../core/rollout/decide.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import { isInFlight } from '../core/rollout/workload-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { observe } from './observe.ts';

export interface LookOptions {
  readonly run: RunRecord;
  readonly records: ReadonlyMap<string, WorkloadRecord>;
  readonly policy: Policy;
  readonly stopping: boolean;
  readonly signal?: AbortSignal;
}

/** Reads every workload in flight. Order matters: records are already durable, the observation is newer than they are. */
export async function lookAt(ports: { readonly cluster: Cluster; readonly clock: Clock }, options: LookOptions): Promise<Situation> {
  const { run, records, policy, stopping, signal } = options;
  const flying = [...records.values()].filter((record) => isInFlight(record.state) && record.state !== 'CLAIMED' && record.state !== 'APPLY_INTENT');
  const proofOf = policy.proof === 'log' ? policy.to.agent : undefined;
  const seen = await Promise.all(
    flying.map(async (record) => [record.item.id, await observe(ports, record, { proofOf, ...(signal ? { signal } : {}) })] as const),
  );
  const { soakMs, maxFailures, maxStale, batchSize } = policy.rollout;
  const rules = { soakMs, proof: policy.proof, maxFailures, maxStale, batchSize };
  return { run, records, observations: new Map(seen), now: ports.clock.now(), stopping, rules };
}
