import { calledHost, serviceAt } from './call-target.ts';
import { migratedAt, type ExpectedService } from './expected-service.ts';

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

/** One break of a chain, at the service that should have continued it. */
export interface Break {
  readonly id: 'orphan-spans' | 'several-roots' | 'unanswered-calls';
  readonly service: string;
  readonly traceId: string;
  /** For unanswered calls: who called. */
  readonly from?: string;
}

export interface Call {
  readonly from: string;
  readonly to: string;
  readonly answered: boolean;
}

/** Every span of a trace has its parent in it, it has one root, and every call to a switched service has a server span. */
export function judgeTrace(
  spans: readonly JudgedSpan[],
  expected: readonly ExpectedService[],
): { readonly breaks: readonly Break[]; readonly calls: readonly Call[] } {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const calls = callsOf(spans, byId, expected);
  const orphans = spans.filter((span) => span.parentSpanId !== undefined && !byId.has(span.parentSpanId));
  const [, ...laterRoots] = spans.filter((span) => span.parentSpanId === undefined).sort((a, b) => a.startMs - b.startMs);
  const unanswered = calls.filter((call) => !call.answered);
  const traceId = spans[0]?.traceId ?? '';
  return {
    calls,
    breaks: [
      ...orphans.map(({ service }) => ({ id: 'orphan-spans', service, traceId }) as const),
      ...laterRoots.map(({ service }) => ({ id: 'several-roots', service, traceId }) as const),
      ...unanswered.map(({ from, to }) => ({ id: 'unanswered-calls', service: to, traceId, from }) as const),
    ],
  };
}

function callsOf(spans: readonly JudgedSpan[], byId: ReadonlyMap<string, JudgedSpan>, expected: readonly ExpectedService[]): readonly Call[] {
  const answered = spans.flatMap((span) => {
    const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
    return parent && parent.service !== span.service ? [{ from: parent.service, to: span.service, answered: true }] : [];
  });
  const parents = new Set(spans.map((span) => span.parentSpanId));
  const lost = spans
    .filter((span) => span.kind === 'client' && !parents.has(span.spanId) && !failed(span))
    .flatMap((span) => {
      const host = calledHost(span.attributes);
      const target = host === undefined ? undefined : serviceAt(host, expected);
      const reached = target?.service !== undefined && target.service !== span.service && migratedAt(target) <= span.startMs;
      return reached ? [{ from: span.service, to: target.service, answered: false }] : [];
    });
  return [...answered, ...lost];
}

/** A call that failed may never have reached the other side: its missing span says nothing. */
function failed(span: JudgedSpan): boolean {
  return span.attributes['error'] === 'true' || span.attributes['otel.status_code'] === 'ERROR';
}
