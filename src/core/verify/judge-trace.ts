import { calledHost } from './call-target.ts';
import { countsFrom, isSwitched, type ExpectedService } from './expected-service.ts';
import type { CanonicalName } from './service-names.ts';
import { callerBySw8, callerOfFalseRoot } from './span-caller.ts';

/** How long pods of the old template may go on after their service counts as switched: their last requests, and the wait before they are killed. */
const DRAIN_MS = 120_000;
/** The tee says on each span which segment of the old agent it was. */
const OLD_SEGMENT = 'sw8.segment_id';

/** A span as judging reads it (the trace store port's `StoredSpan`). */
export interface JudgedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service: string;
  readonly kind: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly resource: { readonly [key: string]: string };
  readonly attributes: { readonly [key: string]: string };
}

/**
 * - `orphan-spans`: a span's parent never arrived
 * - `false-roots`: a span begins a trace although its request carried the caller's sw8 header
 * - `several-roots`: a trace begins more than once
 * - `unanswered-calls`: a call to a service of the run left no span there
 * - `parent-not-here`: the parent is in the old backend alone, as its service does not report to this store; no break
 */
export type BreakId = 'orphan-spans' | 'false-roots' | 'several-roots' | 'unanswered-calls' | 'parent-not-here';

/** One break of a chain, at the service that should have continued it. */
export interface Break {
  readonly id: BreakId;
  readonly service: string;
  readonly traceId: string;
  /** Who called, where that is known. */
  readonly from?: string;
}

export interface Call {
  readonly from: string;
  readonly to: string;
  readonly traceId: string;
  /** `cut`: the callee began a trace of its own; `unanswered`: the callee left no span. */
  readonly kind: 'whole' | 'cut' | 'unanswered';
}

export interface TraceContext {
  readonly expected: readonly ExpectedService[];
  /** Services that report to this store. */
  readonly here: ReadonlySet<string>;
  /** Services whose old agent reports to this store, through the tee. */
  readonly oldHere: ReadonlySet<string>;
  readonly canonical: CanonicalName;
  /** The expected service behind a host name. */
  readonly serviceAt: (host: string) => ExpectedService | undefined;
}

/** Every span of a trace has its parent in it, it has one root, and every call to an expected service has a server span. Services have their canonical names. */
export function judgeTrace(spans: readonly JudgedSpan[], context: TraceContext): { readonly breaks: readonly Break[]; readonly calls: readonly Call[] } {
  const ids = new Set(spans.map((span) => span.spanId));
  const orphans = spans.filter((span) => span.parentSpanId !== undefined && !ids.has(span.parentSpanId)).map((span) => orphanBreak(span, context));
  const falseRoot = (span: JudgedSpan): readonly Break[] => falseRootBreak(span, context.canonical);
  const [first, ...later] = spans.filter((span) => span.parentSpanId === undefined).sort((a, b) => a.startMs - b.startMs);
  const falseRoots = [...(first ? [first] : []), ...later].flatMap(falseRoot);
  const roots = later.filter((span) => falseRoot(span).length === 0).map(({ service, traceId }) => ({ id: 'several-roots', service, traceId }) as const);
  const unanswered = unansweredCalls(spans, context);
  const calls = [
    ...callsBetween(spans),
    ...orphans.filter((each) => each.id === 'parent-not-here').map((each) => callOf(each, 'whole')),
    ...falseRoots.map((each) => callOf(each, 'cut')),
    ...unanswered.map((each) => callOf(each, 'unanswered')),
  ];
  return { calls, breaks: [...orphans, ...falseRoots, ...roots, ...unanswered] };
}

/** Calls of a trace from one service to another that both sides' spans show. */
export function callsBetween(spans: readonly JudgedSpan[]): readonly Call[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans.flatMap((span) => {
    const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
    if (!parent || parent.service === span.service) return [];
    return [{ from: parent.service, to: span.service, traceId: span.traceId, kind: 'whole' as const }];
  });
}

/** Services that have spans made of the old agent's segments. */
export function servicesThroughTee(spans: readonly JudgedSpan[]): ReadonlySet<string> {
  return new Set(spans.filter((span) => span.attributes[OLD_SEGMENT] !== undefined).map((span) => span.service));
}

function orphanBreak(span: JudgedSpan, context: TraceContext): Break {
  const { service, traceId } = span;
  const caller = callerBySw8(span);
  if (caller === undefined) return { id: 'orphan-spans', service, traceId };
  const from = context.canonical(caller);
  return { id: reportsHere(from, span.startMs, context) ? 'orphan-spans' : 'parent-not-here', service, traceId, from };
}

/** Whether the one who wrote an sw8 header at a time (milliseconds since the epoch) sends its spans here: of a switched service it may still have been an old pod. */
function reportsHere(service: string, atMs: number, { expected, here, oldHere }: TraceContext): boolean {
  const caller = expected.find((each) => each.service === service);
  if (!caller || !isSwitched(caller)) return here.has(service);
  return oldHere.has(service) || atMs >= countsFrom(caller) + DRAIN_MS;
}

function falseRootBreak(span: JudgedSpan, canonical: CanonicalName): readonly Break[] {
  const caller = callerOfFalseRoot(span);
  return caller === undefined ? [] : [{ id: 'false-roots', service: span.service, traceId: span.traceId, from: canonical(caller) }];
}

/** Of a service that still has the old agent and does not report here, a missing span says nothing. */
function unansweredCalls(spans: readonly JudgedSpan[], { here, serviceAt }: TraceContext): readonly Break[] {
  const parents = new Set(spans.map((span) => span.parentSpanId));
  return spans
    .filter((span) => span.kind === 'client' && !parents.has(span.spanId) && !failed(span))
    .flatMap((span) => {
      const host = calledHost(span.attributes);
      const target = host === undefined ? undefined : serviceAt(host);
      if (target?.service === undefined || target.service === span.service || countsFrom(target) > span.startMs) return [];
      return isSwitched(target) || here.has(target.service)
        ? [{ id: 'unanswered-calls' as const, service: target.service, traceId: span.traceId, from: span.service }]
        : [];
    });
}

function callOf({ from = '', service, traceId }: Break, kind: Call['kind']): Call {
  return { from, to: service, traceId, kind };
}

/** A call that failed may never have reached the other side: its missing span says nothing. */
function failed(span: JudgedSpan): boolean {
  return span.attributes['error'] === 'true' || span.attributes['otel.status_code'] === 'ERROR';
}
