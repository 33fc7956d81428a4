import { lab, serviceUrl } from '../../lab/lab.ts';
import { traceIdOf } from '../../src/core/sw8/ids.ts';
import { parseSw8 } from '../../src/core/sw8/sw8-header.ts';

/** A span of Jaeger, with the kind of agent that made it. */
export interface TracedSpan {
  readonly id: string;
  readonly parent?: string;
  readonly service: string;
  readonly agent: 'skywalking' | 'opentelemetry';
}

/** A request that was sent, by the trace that the first service handed on. */
export interface TracedRequest {
  readonly traceId: string;
  readonly status: number;
}

interface Answer {
  readonly received: { readonly sw8: string | null; readonly traceparent: string | null };
  readonly downstream: Answer | null;
}

interface JaegerTrace {
  readonly processes: { readonly [id: string]: { readonly serviceName: string; readonly tags?: readonly { readonly key: string }[] } };
  readonly spans: readonly {
    readonly spanID: string;
    readonly processID: string;
    readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  }[];
}

/** Sends a request to a service and reads from the answer, which shows the headers each hop received, what trace it is in; again while its agent traces nothing. */
export async function askOnce(entry: string): Promise<TracedRequest> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const request = await askTraced(entry);
    if (request) return request;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${entry} handed on no trace for 30 s`);
}

/** Undefined where the agent is not connected to its backend: SkyWalking's then hands on an empty header. */
async function askTraced(entry: string): Promise<TracedRequest | undefined> {
  const response = await fetch(`${await serviceUrl(entry)}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) });
  const { downstream } = (await response.json()) as Answer;
  if (!downstream) throw new Error(`${entry} called nobody`);
  const { sw8, traceparent } = downstream.received;
  const context = sw8 ? parseSw8(sw8) : undefined;
  const traceId = traceparent?.split('-')[1] ?? (context && traceIdOf(context.traceId));
  return traceId === undefined ? undefined : { traceId, status: response.status };
}

/** The spans of a request's trace, as soon as they satisfy `until`; after 30 s what there is. */
export async function traceOf({ traceId }: TracedRequest, until: (spans: readonly TracedSpan[]) => boolean): Promise<readonly TracedSpan[]> {
  let spans: readonly TracedSpan[] = [];
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const response = await fetch(`${lab.jaegerQueryUrl}/api/traces/${traceId}`);
    const body = response.ok ? ((await response.json()) as { readonly data: readonly JaegerTrace[] | null }) : undefined;
    spans = (body?.data ?? []).flatMap(spansOf);
    if (until(spans)) return spans;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return spans;
}

export function servicesOf(spans: readonly TracedSpan[]): ReadonlySet<string> {
  return new Set(spans.map((span) => span.service));
}

/** One root, and every parent is there. */
export function isWhole(spans: readonly TracedSpan[]): boolean {
  const ids = new Set(spans.map((span) => span.id));
  return spans.filter((span) => span.parent === undefined).length === 1 && spans.every((span) => span.parent === undefined || ids.has(span.parent));
}

function spansOf(trace: JaegerTrace): readonly TracedSpan[] {
  return trace.spans.map((span) => {
    const parent = span.references.find((each) => each.refType === 'CHILD_OF')?.spanID;
    const process = trace.processes[span.processID];
    const isNew = process?.tags?.some((tag) => tag.key === 'telemetry.distro.name') ?? false;
    return { id: span.spanID, service: process?.serviceName ?? '', agent: isNew ? 'opentelemetry' : 'skywalking', ...(parent === undefined ? {} : { parent }) };
  });
}
