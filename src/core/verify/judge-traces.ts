import { rememberServices } from './call-target.ts';
import { countsFrom, type ExpectedService } from './expected-service.ts';
import { judgeService, SETTLE_MS, type JudgeServiceOptions } from './judge-service.ts';
import { judgeTrace, servicesThroughTee, type Break, type BreakId, type Call, type JudgedSpan } from './judge-trace.ts';
import type { CanonicalName } from './service-names.ts';
import type { ServiceEdge, ServiceReport, TraceCounts } from './verify-report.ts';

const EXAMPLES = 3;

export interface JudgeTracesOptions extends JudgeServiceOptions {
  /** The moment the traces were read; milliseconds since the epoch. */
  readonly now: number;
  /** Traces that began earlier are not judged; milliseconds since the epoch. */
  readonly fromMs: number;
  readonly canonical: CanonicalName;
  /** Services, by their canonical names, that report to this store although none of the traces shows them. */
  readonly alsoHere: readonly string[];
}

export interface JudgedTraces {
  readonly services: readonly ServiceReport[];
  readonly edges: readonly ServiceEdge[];
  readonly traces: TraceCounts;
}

/**
 * Judges each expected service, and every other one whose chains broke, from the traces of the run. A trace counts for
 * completeness only when it began after each expected service in it counts, and has had time to arrive whole. Pure: same
 * traces, same answer.
 */
export function judgeTraces(traces: readonly (readonly JudgedSpan[])[], expected: readonly ExpectedService[], options: JudgeTracesOptions): JudgedTraces {
  const named = traces.map((spans) => spans.map((span) => rename(span, options.canonical)));
  const spans = Map.groupBy(named.flat(), (span) => span.service);
  const here = new Set([...spans.keys(), ...options.alsoHere]);
  const context = { expected, here, oldHere: servicesThroughTee(named.flat()), canonical: options.canonical, serviceAt: rememberServices(expected) };
  const since = new Map(expected.flatMap((each) => (each.service === undefined ? [] : [[each.service, countsFrom(each)] as const])));
  const judged = named.filter((each) => isJudgeable(each, since, options));
  const verdicts = judged.map((each) => judgeTrace(each, context));
  const breaks = Map.groupBy(
    verdicts.flatMap((each) => each.breaks),
    (each) => each.service,
  );
  const calls = verdicts.flatMap((each) => each.calls);
  const evidence = { spans, traces: countTraces(judged), breaks, calls: Map.groupBy(calls, (call) => call.to) };
  const known = new Set(expected.map((each) => each.service));
  const others = [...breaks.keys()].filter((service) => !known.has(service)).map((service) => ({ service, workloads: [] }));
  return {
    services: [...expected, ...others].map((each) => judgeService(each, evidence, options)),
    edges: edgesOf(calls, options.link),
    traces: { judged: judged.length, notJudged: named.length - judged.length, ...countBreaks(verdicts.map((each) => each.breaks)) },
  };
}

function rename(span: JudgedSpan, canonical: CanonicalName): JudgedSpan {
  const service = canonical(span.service);
  return service === span.service ? span : { ...span, service };
}

function isJudgeable(spans: readonly JudgedSpan[], since: ReadonlyMap<string, number>, { now, fromMs }: JudgeTracesOptions): boolean {
  const begin = spans.reduce((least, span) => Math.min(least, span.startMs), Infinity);
  const end = spans.reduce((most, span) => Math.max(most, span.startMs + span.durationMs), 0);
  return begin >= fromMs && end <= now - SETTLE_MS && spans.every((span) => (since.get(span.service) ?? 0) <= begin);
}

function countTraces(judged: readonly (readonly JudgedSpan[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const spans of judged) {
    for (const service of new Set(spans.map((span) => span.service))) counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return counts;
}

function countBreaks(traces: readonly (readonly Break[])[]): Pick<TraceCounts, 'whole' | 'broken' | 'elsewhere' | 'breaks'> {
  const kinds = traces.map((breaks) => new Set(breaks.map((each) => each.id)));
  const elsewhere = kinds.filter((ids) => ids.size === 1 && ids.has('parent-not-here')).length;
  const whole = kinds.filter((ids) => ids.size === 0).length;
  const counts: Partial<Record<BreakId, number>> = {};
  for (const ids of kinds) for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return { whole, broken: kinds.length - whole - elsewhere, elsewhere, breaks: counts };
}

function edgesOf(calls: readonly Call[], link: (traceId: string) => string): readonly ServiceEdge[] {
  const groups = Map.groupBy(calls, (call) => JSON.stringify([call.from, call.to]));
  const edges = [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [edgeOf(first, group, link)] : [];
  });
  return edges.sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}

function edgeOf({ from, to }: Call, calls: readonly Call[], link: (traceId: string) => string): ServiceEdge {
  const broken = calls.filter((call) => call.kind !== 'whole');
  const examples = [...new Set((broken.length > 0 ? broken : calls.slice(0, 1)).map((call) => call.traceId))].slice(0, EXAMPLES);
  return {
    from,
    to,
    verdict: broken.length > 0 ? 'broken' : 'ok',
    calls: calls.length,
    unanswered: calls.filter((call) => call.kind === 'unanswered').length,
    cut: calls.filter((call) => call.kind === 'cut').length,
    examples: examples.map(link),
  };
}
