import { barrier, type Situation } from '../core/rollout/decide.ts';
import type { GateObservation } from '../core/rollout/judge-gate.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import { isInFlight } from '../core/rollout/workload-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { readClearances, type GateReads } from './gate-reads.ts';
import { observe } from './observe.ts';
import { proveFromSpans } from './prove-from-spans.ts';
import type { TraceReads } from './trace-reads.ts';
import { judgeSwitched } from './verify-fleet.ts';

export interface LookOptions {
  readonly run: RunRecord;
  readonly records: ReadonlyMap<string, WorkloadRecord>;
  readonly policy: Policy;
  readonly stopping: boolean;
  /** Of the instance that drives the run; whoever only looks asks no trace store. */
  readonly traceReads?: TraceReads;
  /** The same of release systems. */
  readonly gateReads?: GateReads;
  readonly signal?: AbortSignal;
}

interface LookPorts {
  readonly cluster: Cluster;
  readonly clock: Clock;
}

/** Reads every workload in flight. Order matters: records are already durable, the observation is newer than they are. */
export async function lookAt(ports: LookPorts, options: LookOptions): Promise<Situation> {
  const { run, records, policy, stopping, traceReads, gateReads, signal } = options;
  const flying = [...records.values()].filter((record) => isInFlight(record.state) && record.state !== 'CLAIMED' && record.state !== 'APPLY_INTENT');
  const proofOf = policy.proof === 'log' ? policy.to.agent : undefined;
  const observed = await Promise.all(
    flying.map(async (record) => ({ record, observation: await observe(ports, record, { proofOf, ...(signal ? { signal } : {}) }) })),
  );
  const now = ports.clock.now();
  const seen = policy.proof === 'spans' ? proveFromSpans(observed, traceReads, now) : observed;
  const observations = new Map(seen.map(({ record, observation }) => [record.item.id, observation]));
  const { soakMs, canaryMs, maxFailures, maxStale, batchSize, windows, maxSurgePods, drill } = policy.rollout;
  const rules = { soakMs, canaryMs, proof: policy.proof, maxFailures, maxStale, batchSize, gate: policy.verify.gate, drill };
  const held = { run, records, observations, now, stopping, rules, holds: { windows, maxSurgePods } };
  const clearances = gateReads && policy.gates.length > 0 ? readClearances(gateReads, held, policy.gates) : undefined;
  const situation = clearances ? { ...held, holds: { ...held.holds, clearances } } : held;
  const gate = traceReads && run.gate?.holding && barrier(situation) ? lookAtGate(ports, traceReads, options) : undefined;
  return gate ? { ...situation, gate } : situation;
}

/** What the traces of everything switched so far show, as last answered. */
function lookAtGate({ cluster, clock }: LookPorts, reads: TraceReads, { run, records, policy }: LookOptions): GateObservation | undefined {
  const switched = [...records.values()].filter((record) => record.state === 'SUCCEEDED');
  const ports = { cluster, traces: reads.store, clock };
  // An answer to an earlier hold, or from before a workload was switched or put back, is none to this one.
  const key = JSON.stringify([run.gate?.holding?.since, ...switched.map((record) => record.item.id)]);
  const answer = reads.gate.latest(key, (signal) => judgeSwitched(ports, switched, { run: run.name, allow: policy.allow, signal }));
  if (!answer) return undefined;
  if (answer.kind === 'value') return { at: answer.at, report: answer.value };
  return { at: answer.at, report: { services: [], reason: { id: 'gate-not-read', params: { detail: answer.detail } } } };
}
