import type { StoredSpan } from '../../ports/trace-store.ts';
import type { JaegerTrace } from './schema.ts';

/** Attributes that judging asks for; a fleet's spans carry many more, and thousands of them are held at once. */
const KEPT =
  /^(?:peer\.service|server\.address|net\.peer\.name|url\.full|http\.url|error|otel\.status_code|http\.response\.status_code|http\.status_code|rpc\.system|http\.request\.header\.sw8|sw8\..*)$/;
const KEPT_RESOURCE = /^(?:k8s\..*|host\.name|service\..*|telemetry\.sdk\.name|telemetry\.distro\..*)$/;
const KINDS = ['server', 'client', 'producer', 'consumer', 'internal'] as const;

/** The spans of one trace as Jaeger's JSON describes them, reduced to what judging needs. */
export function readSpans(trace: JaegerTrace): readonly StoredSpan[] {
  const resources = Object.fromEntries(Object.entries(trace.processes).map(([id, process]) => [id, attributes(process.tags, KEPT_RESOURCE)]));
  return trace.spans.map((span) => {
    const parent = parentOf(span);
    const kind = span.tags.find((each) => each.key === 'span.kind')?.value;
    return {
      traceId: hex(span.traceID, 32),
      spanId: hex(span.spanID, 16),
      ...(parent === undefined ? {} : { parentSpanId: parent }),
      service: trace.processes[span.processID]?.serviceName ?? '',
      operation: span.operationName,
      kind: KINDS.find((each) => each === kind) ?? 'internal',
      startMs: span.startTime / 1000,
      durationMs: span.duration / 1000,
      resource: resources[span.processID] ?? {},
      attributes: attributes(span.tags, KEPT),
    };
  });
}

/**
 * The parent is a `CHILD_OF` reference within the trace; links are `FOLLOWS_FROM` or point into other traces. Where a span has a link to its
 * own parent, as the Collector's SkyWalking receiver makes them, Jaeger keeps that alone: one reference within the trace is the parent, too.
 */
function parentOf(span: JaegerTrace['spans'][number]): string | undefined {
  const own = span.references.filter((each) => hex(each.traceID, 32) === hex(span.traceID, 32));
  const parent = own.find((each) => each.refType === 'CHILD_OF') ?? (own.length === 1 ? own[0] : undefined);
  return parent && hex(parent.spanID, 16);
}

/** Older stores drop leading zeros of ids. */
function hex(id: string, length: number): string {
  return id.toLowerCase().padStart(length, '0');
}

function attributes(tags: JaegerTrace['spans'][number]['tags'], kept: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.filter(({ key }) => kept.test(key)).map(({ key, value }) => [key, value]));
}
