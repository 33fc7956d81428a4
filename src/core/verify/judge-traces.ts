import type { Finding } from '../finding.ts';
import { blockingFindings, type Allowance } from '../plan/allowed.ts';
import { migratedAt, type ExpectedService } from './expected-service.ts';
import { judgeTrace, type Break, type Call, type JudgedSpan } from './judge-trace.ts';
import type { ServiceEdge, ServiceReport, ServiceVerdict } from './verify-report.ts';

/** Spans reach a store some seconds late (agents send in batches): younger traces are not judged for completeness. */
const SETTLE_MS = 10_000;
const EXAMPLES = 3;

export interface JudgeTracesOptions {
  /** The moment the traces were read; milliseconds since the epoch. */
  readonly now: number;
  /** Findings a person has accepted: a gateway whose callers send a trace context of their own has orphans by design. */
  readonly allowance: Allowance;
}

/**
 * Judges each switched service from the traces it took part in. A trace counts for completeness only when it began after
 * every switched service in it was switched, and has had time to arrive whole. Pure: same traces, same answer.
 */
export function judgeTraces(
  traces: readonly (readonly JudgedSpan[])[],
  expected: readonly ExpectedService[],
  options: JudgeTracesOptions,
): { readonly services: readonly ServiceReport[]; readonly edges: readonly ServiceEdge[] } {
  const judged = traces.filter((spans) => isJudgeable(spans, expected, options.now));
  const verdicts = judged.map((spans) => judgeTrace(spans, expected));
  const evidence = {
    spans: Map.groupBy(traces.flat(), (span) => span.service),
    traces: countTraces(judged),
    breaks: verdicts.flatMap((each) => each.breaks),
    calls: verdicts.flatMap((each) => each.calls),
  };
  return { services: expected.map((each) => judgeService(each, evidence, options.allowance)), edges: edgesOf(evidence.calls) };
}

interface TraceEvidence {
  /** By service. */
  readonly spans: ReadonlyMap<string, readonly JudgedSpan[]>;
  /** Judged traces a service took part in, by service. */
  readonly traces: ReadonlyMap<string, number>;
  readonly breaks: readonly Break[];
  readonly calls: readonly Call[];
}

function isJudgeable(spans: readonly JudgedSpan[], expected: readonly ExpectedService[], now: number): boolean {
  const begin = Math.min(...spans.map((span) => span.startMs));
  const end = Math.max(...spans.map((span) => span.startMs + span.durationMs));
  const present = new Set(spans.map((span) => span.service));
  const switched = expected.filter(({ service }) => service !== undefined && present.has(service));
  return end <= now - SETTLE_MS && switched.every((each) => migratedAt(each) <= begin);
}

function countTraces(judged: readonly (readonly JudgedSpan[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const spans of judged) {
    for (const service of new Set(spans.map((span) => span.service))) counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return counts;
}

function judgeService(expected: ExpectedService, evidence: TraceEvidence, allowance: Allowance): ServiceReport {
  const { service, workloads } = expected;
  const ids = workloads.map((workload) => workload.id);
  const readyPods = workloads.flatMap((workload) => workload.readyPods);
  if (service === undefined) {
    const finding: Finding = { id: 'service-name-unknown', severity: 'warn', params: {} };
    return { workloads: ids, verdict: 'inconclusive', traces: 0, spans: 0, pods: { ready: readyPods.length, seen: 0 }, findings: [finding] };
  }
  const since = migratedAt(expected);
  const spans = (evidence.spans.get(service) ?? []).filter((span) => span.startMs >= since);
  const traces = evidence.traces.get(service) ?? 0;
  const seen = new Set(spans.flatMap(podNames));
  const unseen = readyPods.filter((pod) => !seen.has(pod));
  const pods = { ready: readyPods.length, seen: readyPods.length - unseen.length };
  const called = evidence.calls.filter((call) => call.to === service).length;
  const breaks = breakFindings(evidence.breaks.filter((each) => each.service === service));
  const context = { spans: spans.length, traces, called, ready: pods.ready };
  const findings = [...breaks, ...absenceFindings(context), ...(pods.seen > 0 ? unseenPods(unseen) : [])];
  return { service, workloads: ids, verdict: draw(context, isBroken(breaks, ids, allowance)), traces, spans: spans.length, pods, findings };
}

interface ServiceCounts {
  readonly spans: number;
  readonly traces: number;
  readonly called: number;
  readonly ready: number;
}

function draw({ spans, traces, called }: ServiceCounts, broken: boolean): ServiceVerdict {
  if (spans === 0) return called > 0 ? 'silent' : 'inconclusive';
  if (broken) return 'broken';
  return traces > 0 ? 'ok' : 'inconclusive';
}

function absenceFindings({ spans, traces, called, ready }: ServiceCounts): readonly Finding[] {
  if (spans > 0) return traces > 0 ? [] : [{ id: 'traces-too-fresh', severity: 'info', params: { seconds: SETTLE_MS / 1000 } }];
  if (called > 0) return [{ id: 'no-spans', severity: 'block', params: { calls: called } }];
  return ready === 0 ? [{ id: 'no-ready-pods', severity: 'info', params: {} }] : [{ id: 'no-traffic', severity: 'info', params: {} }];
}

function breakFindings(breaks: readonly Break[]): readonly Finding[] {
  const groups = Map.groupBy(breaks, (each) => `${each.id} ${each.from ?? ''}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const traces = [...new Set(group.map((each) => each.traceId))];
    if (!first) return [];
    const params = {
      count: group.length,
      traces: traces.length,
      examples: traces.slice(0, EXAMPLES),
      ...(first.from === undefined ? {} : { from: first.from }),
    };
    return [{ id: first.id, severity: 'block', params } satisfies Finding];
  });
}

/** Load balancing may simply not have reached a pod: worth showing, no break. */
function unseenPods(unseen: readonly string[]): readonly Finding[] {
  return unseen.length === 0 ? [] : [{ id: 'pods-unseen', severity: 'info', params: { count: unseen.length, pods: unseen.slice(0, 10) } }];
}

function isBroken(breaks: readonly Finding[], ids: readonly string[], allowance: Allowance): boolean {
  return ids.some((id) => {
    const [namespace = '', , name = ''] = id.split('/');
    return blockingFindings(breaks, { namespace, name }, allowance).length > 0;
  });
}

/** Names a pod may go by: the Downward API's, the host name (the pod's own, unless the pod says otherwise), the instance. */
function podNames({ resource }: JudgedSpan): readonly string[] {
  return ['k8s.pod.name', 'host.name', 'service.instance.id'].flatMap((key) => resource[key] ?? []);
}

function edgesOf(calls: readonly Call[]): readonly ServiceEdge[] {
  const groups = Map.groupBy(calls, (call) => `${call.from} ${call.to}`);
  const edges = [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ from: first.from, to: first.to, calls: group.length, unanswered: group.filter((call) => !call.answered).length }] : [];
  });
  return edges.sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}
