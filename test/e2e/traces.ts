import { lab } from '../../lab/lab.ts';

export interface Span {
  readonly id: string;
  readonly parent?: string;
  readonly service: string;
}

interface JaegerTrace {
  readonly processes: { readonly [id: string]: { readonly serviceName: string } };
  readonly spans: readonly {
    readonly spanID: string;
    readonly processID: string;
    readonly startTime: number;
    readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  }[];
}

/** Traces of a service that began after `since`, straight from Jaeger; waits up to 30 s for one that satisfies `until`. */
export async function readTraces(query: {
  readonly service: string;
  readonly since: number;
  readonly until: (trace: readonly Span[]) => boolean;
}): Promise<readonly (readonly Span[])[]> {
  const url = `${lab.jaegerQueryUrl}/api/traces?service=${query.service}&start=${query.since * 1000}&end=${(Date.now() + 60_000) * 1000}&limit=50`;
  let traces: readonly (readonly Span[])[] = [];
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const body = (await (await fetch(url)).json()) as { readonly data: readonly JaegerTrace[] | null };
    traces = (body.data ?? []).map(spansOf);
    if (traces.some(query.until)) return traces;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return traces;
}

function spansOf(trace: JaegerTrace): readonly Span[] {
  return trace.spans.map((span) => {
    const parent = span.references.find((each) => each.refType === 'CHILD_OF')?.spanID;
    return { id: span.spanID, service: trace.processes[span.processID]?.serviceName ?? '', ...(parent === undefined ? {} : { parent }) };
  });
}
