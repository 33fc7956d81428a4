import { ChangeoverError } from '../core/error.ts';
import type { AllowRule } from '../core/policy/policy.ts';
import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import type { Baseline } from '../core/verify/baseline.ts';
import { compareBaseline, unseenEdges } from '../core/verify/compare-baseline.ts';
import { judgeTraces, type JudgedTraces } from '../core/verify/judge-traces.ts';
import { callersNotShown } from '../core/verify/span-caller.ts';
import { makeVerifyReport, type VerifyReport } from '../core/verify/verify-report.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { TraceStore, TraceWindow } from '../ports/trace-store.ts';
import { expectFleet, type ExpectedFleet } from './expected-services.ts';
import { pooled } from './pooled.ts';
import { readTraces, type ReadTraces } from './read-traces.ts';
import { findRun, listRecords } from './state-store.ts';

const LOOKBACK_MS = 60 * 60_000;
const MAX_TRACES = 20_000;
const MAX_CALLERS = 100;

export interface VerifyPorts {
  readonly cluster: Cluster;
  /** Undefined where the policy names no trace store: the report is then inconclusive. */
  readonly traces: TraceStore | undefined;
  readonly clock: Clock;
}

export interface JudgeOptions {
  /** Name of the run, for the report; default: the records'. */
  readonly run?: string;
  /** The policy's allowances: an allowed finding does not break a service's verdict. */
  readonly allow?: readonly AllowRule[];
  /** How far back traces are read; milliseconds, an hour by default. */
  readonly lookbackMs?: number;
  /** Judge every trace of this window instead, whatever was switched when. */
  readonly during?: TraceWindow;
  /** At most about this many traces are read (20,000 by default), of each service the newest. */
  readonly maxTraces?: number;
  /** What stands before a trace's id in its link; default: the id alone. */
  readonly linkPrefix?: string;
  /** What must be visible, and the file it came from. */
  readonly baseline?: { readonly value: Baseline; readonly file: string };
  readonly signal?: AbortSignal;
}

export interface VerifyOptions extends Omit<JudgeOptions, 'during'> {
  readonly stateNamespace: string;
  /** Judge the run's own time, from its start to its end or now, whatever was switched when. */
  readonly during?: boolean;
}

/**
 * Judges every workload a run has migrated (with `during`, every one it has to do with) by the traces that arrive from it.
 * Errors as `judgeSwitched`, and `usage` for a run that does not exist.
 */
export async function verifyFleet(ports: VerifyPorts, options: VerifyOptions): Promise<VerifyReport> {
  const { stateNamespace, during = false, signal, ...rest } = options;
  const run = (await findRun(ports.cluster, options, signal)).value;
  const records = (await listRecords(ports.cluster, stateNamespace, run.name, signal)).map((stored) => stored.value);
  const judged = { ...rest, run: run.name, ...(signal ? { signal } : {}) };
  if (!during) {
    const migrated = records.filter((record) => record.state === 'SUCCEEDED');
    return judgeSwitched(ports, migrated, judged);
  }
  const end = run.finishedAt === undefined ? ports.clock.now() : Date.parse(run.finishedAt);
  const window: TraceWindow = { fromMs: Date.parse(run.startedAt), toMs: end };
  const present = records.filter((record) => record.state !== 'GONE');
  return judgeSwitched(ports, present, { ...judged, during: window });
}

/**
 * Judges workloads by the traces that arrive from them: the records are taken for switched ones, but with `during` those
 * that are not `SUCCEEDED` report through the tee. Reads only. A trace store that is missing or cannot be read makes the
 * report inconclusive; cluster errors are thrown as `Cluster` lists them.
 */
export async function judgeSwitched(ports: VerifyPorts, records: readonly WorkloadRecord[], options: JudgeOptions = {}): Promise<VerifyReport> {
  const { cluster, traces: store, clock } = ports;
  const { during } = options;
  const signal = options.signal ? { signal: options.signal } : {};
  const now = clock.now();
  const asked = during ?? { fromMs: now - (options.lookbackMs ?? LOOKBACK_MS), toMs: now };
  const run = options.run ?? records[0]?.run ?? '';
  if (!store) return makeVerifyReport(run, asked, { reason: { id: 'no-trace-store', params: {} } });
  const isSwitched = (record: WorkloadRecord): boolean => !during || record.state === 'SUCCEEDED';
  const fleet = await expectFleet(cluster, records, { ...signal, isSwitched, ...(during ? { countsFromMs: during.fromMs } : {}) });
  const window = during ?? { ...asked, fromMs: Math.min(now, Math.max(asked.fromMs, switchedFrom(fleet))) };
  try {
    const names = [...fleet.names, ...(options.baseline?.value.services ?? []).flatMap(({ name }) => [name, fleet.canonical(name)])];
    const read = await readTraces(store, names, { ...signal, window, maxTraces: options.maxTraces ?? MAX_TRACES });
    const alsoHere = await callersHere(store, callersNotShown(read.traces, fleet.canonical), { ...signal, window, fleet });
    return draw(run, { window, now, fleet, read, alsoHere }, options);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'aborted') throw error;
    return makeVerifyReport(run, window, { reason: { id: 'trace-store-failed', params: { detail: error.message } } });
  }
}

/** When the first workload was switched: no older trace can be judged, so none is read. */
function switchedFrom({ services }: ExpectedFleet): number {
  const times = services.flatMap(({ workloads }) => workloads.map(({ countsFromMs }) => countsFromMs));
  return times.length === 0 ? 0 : Math.min(...times);
}

interface Evidence {
  readonly window: TraceWindow;
  readonly now: number;
  readonly fleet: ExpectedFleet;
  readonly read: ReadTraces;
  readonly alsoHere: readonly string[];
}

function draw(run: string, { window, now, fleet, read, alsoHere }: Evidence, options: JudgeOptions): VerifyReport {
  const { canonical } = fleet;
  const { linkPrefix = '' } = options;
  const allowance = { ids: [], rules: options.allow ?? [], today: new Date(now).toISOString().slice(0, 10) };
  const fromMs = options.during?.fromMs ?? 0;
  const link = (traceId: string): string => `${linkPrefix}${traceId}`;
  const judged = judgeTraces(read.traces, fleet.services, { now, fromMs, toMs: window.toMs, allowance, canonical, alsoHere, link });
  // The newest traces of every service are enough to judge it, not to count all or to say that something never happens.
  const severity = options.during || options.baseline ? ('warn' as const) : ('info' as const);
  const findings = read.cut ? [{ id: 'traces-cut', severity, params: { read: read.traces.length } }] : [];
  return makeVerifyReport(run, window, { ...judged, findings, ...compared(judged, { fleet, read }, { ...options, allowance }) });
}

/** Which callers that the traces do not show report to the store all the same. More than a hundred are taken for absent. */
async function callersHere(
  store: TraceStore,
  callers: readonly string[],
  options: { readonly window: TraceWindow; readonly fleet: ExpectedFleet; readonly signal?: AbortSignal },
): Promise<readonly string[]> {
  const { window, fleet, signal } = options;
  const here = await pooled(callers.slice(0, MAX_CALLERS), 4, async (caller) => {
    const name = fleet.canonical(caller);
    for (const service of new Set([name, caller])) {
      if ((await store.traces({ service, ...window, limit: 1 }, signal)).length > 0) return [name];
    }
    return [];
  });
  return here.flat();
}

function compared(
  judged: JudgedTraces,
  { fleet, read }: Pick<Evidence, 'fleet' | 'read'>,
  options: JudgeOptions & { readonly allowance: Parameters<typeof compareBaseline>[2]['allowance'] },
): Partial<Pick<VerifyReport, 'baseline' | 'edges'>> {
  if (!options.baseline) return {};
  const { value, file } = options.baseline;
  const { canonical } = fleet;
  const services = new Set(read.traces.flat().map((span) => canonical(span.service)));
  const workloadsOf = (service: string): readonly string[] =>
    fleet.services.filter((each) => each.service === service).flatMap((each) => each.workloads.map(({ id }) => id));
  const report = compareBaseline(value, { services, edges: judged.edges }, { file, canonical, workloadsOf, allowance: options.allowance });
  return {
    baseline: read.cut && report.verdict === 'missing' ? { ...report, verdict: 'inconclusive' } : report,
    edges: [...judged.edges, ...unseenEdges(value, judged.edges, canonical)],
  };
}
