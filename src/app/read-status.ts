import { ChangeoverError } from '../core/error.ts';
import { decide, type Action } from '../core/rollout/decide.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import { closedReason } from '../core/rollout/hold-start.ts';
import type { Reason, RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import type { RunStatus } from '../core/rollout/run-status.ts';
import { summariseRun } from '../core/rollout/summarise-run.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { lookAt } from './look.ts';
import { readLease } from './lease.ts';
import { findRun, listRecords } from './state-store.ts';

/**
 * The run as the cluster knows it, from any machine; what workloads in flight wait for is looked up just now, with the
 * same judgement that drives the run. Writes nothing. `usage` when there is no such run.
 */
export async function readStatus(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  options: { readonly stateNamespace: string; readonly run?: string },
  signal?: AbortSignal,
): Promise<RunStatus> {
  const run = await findRun(ports.cluster, options, signal);
  const [stored, holder] = await Promise.all([
    listRecords(ports.cluster, options.stateNamespace, run.value.name, signal),
    readLease(ports.cluster, options.stateNamespace, run.value.name, signal),
  ]);
  const records = stored.map((record) => record.value);
  const waiting = await readWaiting(ports, { run: run.value, records }, signal).catch(withoutWaiting);
  const status = summariseRun(run.value, records, holder);
  const held = readHeld(run.value, ports.clock.now());
  return { ...status, ...(held ? { held } : {}), workloads: status.workloads.map((each) => withWaiting(each, waiting.get(each.id))) };
}

/** The change window that keeps a running run from starting more. */
function readHeld(run: RunRecord, now: number): Reason | undefined {
  if (run.phase !== 'RUNNING' && run.phase !== 'PAUSED') return undefined;
  return closedReason(parsePolicy(run.policy, { file: `run ${run.name}`, position: () => undefined }).rollout.windows, now);
}

async function readWaiting(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  seen: { readonly run: RunRecord; readonly records: readonly WorkloadRecord[] },
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Reason>> {
  const policy = parsePolicy(seen.run.policy, { file: `run ${seen.run.name}`, position: () => undefined });
  const records = new Map(seen.records.map((record) => [record.item.id, record]));
  const situation = await lookAt(ports, { run: seen.run, records, policy, stopping: true, ...(signal ? { signal } : {}) });
  return new Map(decide(situation).flatMap((action) => waitingOf(action)));
}

/** Who may read the records alone still sees the run. */
function withoutWaiting(error: unknown): ReadonlyMap<string, Reason> {
  if (error instanceof ChangeoverError && error.code !== 'aborted') return new Map();
  throw error;
}

function waitingOf(action: Action): readonly (readonly [string, Reason])[] {
  return 'id' in action && 'waitingFor' in action && action.waitingFor !== undefined ? [[action.id, action.waitingFor]] : [];
}

function withWaiting<T extends object>(workload: T, waitingFor: Reason | undefined): T & { readonly waitingFor?: Reason } {
  return waitingFor ? { ...workload, waitingFor } : workload;
}
