import { ChangeoverError } from '../core/error.ts';
import type { AllowRule } from '../core/policy/policy.ts';
import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import type { ExpectedService, ExpectedWorkload } from '../core/verify/expected-service.ts';
import { judgeTraces } from '../core/verify/judge-traces.ts';
import { makeVerifyReport, type VerifyReport } from '../core/verify/verify-report.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../core/workload/pod-template.ts';
import { viewPod } from '../core/workload/pod-view.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { StoredSpan, TraceStore } from '../ports/trace-store.ts';
import { selectorOf } from './observe.ts';
import { pooled } from './pooled.ts';
import { resources, workloadRef } from './resources.ts';
import { findRun, listRecords } from './state-store.ts';

const LOOKBACK_MS = 60 * 60_000;
const TRACES_PER_SERVICE = 100;
const SERVICE_NAME = 'OTEL_SERVICE_NAME';

export interface VerifyPorts {
  readonly cluster: Cluster;
  /** Undefined where the policy names no trace store: the report is then inconclusive. */
  readonly traces: TraceStore | undefined;
  readonly clock: Clock;
}

export interface VerifyOptions {
  readonly stateNamespace: string;
  /** Default: the only unfinished run, else the newest. */
  readonly run?: string;
  /** The policy's allowances: an allowed finding does not break a service's verdict. */
  readonly allow?: readonly AllowRule[];
  /** How far back traces are read; milliseconds, an hour by default. */
  readonly lookbackMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Judges every workload a run has migrated by the traces that arrive from it. Reads only. A trace store that is missing
 * or cannot be read makes the report inconclusive; cluster errors are thrown as `Cluster` lists them, a run that does not
 * exist as `usage`.
 */
export async function verifyFleet(ports: VerifyPorts, options: VerifyOptions): Promise<VerifyReport> {
  const { cluster, traces: store, clock } = ports;
  const { stateNamespace, signal } = options;
  const run = (await findRun(cluster, options, signal)).value.name;
  const records = (await listRecords(cluster, stateNamespace, run, signal)).map((stored) => stored.value);
  const migrated = records.filter((record) => record.state === 'SUCCEEDED');
  const switched = await pooled(migrated, 4, (record) => readSwitched(cluster, record, signal));
  const toMs = clock.now();
  const window = { fromMs: toMs - (options.lookbackMs ?? LOOKBACK_MS), toMs };
  const nothing = { services: [], edges: [] };
  if (!store) return makeVerifyReport(run, window, { ...nothing, reason: { id: 'no-trace-store', params: {} } });
  const expected = groupByService(switched);
  try {
    const traces = await readTraces(store, expected, { window, ...(signal ? { signal } : {}) });
    const allowance = { ids: [], rules: options.allow ?? [], today: new Date(toMs).toISOString().slice(0, 10) };
    return makeVerifyReport(run, window, judgeTraces(traces, expected, { now: toMs, allowance }));
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
    return makeVerifyReport(run, window, { ...nothing, reason: { id: 'trace-store-failed', params: { detail: error.message } } });
  }
}

interface Switched {
  readonly service: string | undefined;
  readonly workload: ExpectedWorkload;
}

async function readSwitched(cluster: Cluster, record: WorkloadRecord, signal: AbortSignal | undefined): Promise<Switched> {
  const object = await cluster.get(workloadRef(record.item.id), signal);
  const readyPods = object ? await readReadyPods(cluster, object, signal) : [];
  return { service: serviceName(record, object), workload: { id: record.item.id, migratedAtMs: migratedAtMs(record), readyPods } };
}

async function readReadyPods(cluster: Cluster, object: KubeObject, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const query = { resource: resources.pod, namespace: object.metadata.namespace ?? '', labelSelector: selectorOf(object) };
  const pods = (await cluster.list(query, signal)).map((pod) => viewPod(pod));
  return pods.filter((pod) => pod.ready && !pod.terminating).map((pod) => pod.name);
}

/** When the last new pod became Ready: from then on no old pod was needed. */
function migratedAtMs(record: WorkloadRecord): number {
  const ready = Object.values(record.readySince ?? {}).map(({ at }) => Date.parse(at));
  return ready.length > 0 ? Math.max(...ready) : Date.parse(record.since);
}

/** The pod's own variable wins over the image's; without either the agent goes by the old agent's name, as far as that is known. */
function serviceName({ item }: WorkloadRecord, object: KubeObject | undefined): string | undefined {
  const container = object && containers(podSpec(podTemplate(object))).find((each) => each.name === item.container);
  const live = container?.env?.findLast((each) => each.name === SERVICE_NAME);
  if (live) return live.value === undefined || live.value.includes('$(') ? undefined : live.value;
  return item.target.env[SERVICE_NAME] ?? item.agent.serviceName;
}

function groupByService(switched: readonly Switched[]): readonly ExpectedService[] {
  const groups = Map.groupBy(switched, ({ service, workload }) => service ?? ` ${workload.id}`);
  return [...groups.values()].map((group) => ({ service: group[0]?.service, workloads: group.map((each) => each.workload) }));
}

/** Traces of every service, each trace once, with all spans any answer showed of it. */
async function readTraces(
  store: TraceStore,
  expected: readonly ExpectedService[],
  options: { readonly window: { readonly fromMs: number; readonly toMs: number }; readonly signal?: AbortSignal },
): Promise<readonly (readonly StoredSpan[])[]> {
  const names = expected.flatMap(({ service }) => service ?? []);
  const answers = await pooled(names, 4, (service) => store.traces({ service, ...options.window, limit: TRACES_PER_SERVICE }, options.signal));
  const byId = new Map<string, readonly StoredSpan[]>();
  for (const spans of answers.flat()) {
    const id = spans[0]?.traceId ?? '';
    if (spans.length > (byId.get(id)?.length ?? 0)) byId.set(id, spans);
  }
  return [...byId.values()];
}
