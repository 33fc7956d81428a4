/** One span as a trace store returns it, reduced to what judging needs. Ids are lower-case hex. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent on a root. */
  readonly parentSpanId?: string;
  readonly service: string;
  readonly operation: string;
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  readonly startMs: number;
  readonly durationMs: number;
  readonly resource: { readonly [key: string]: string };
  readonly attributes: { readonly [key: string]: string };
}

/** A span of time, milliseconds since the epoch. */
export interface TraceWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TraceQuery extends TraceWindow {
  readonly service: string;
  /** At most this many traces, newest first. */
  readonly limit: number;
}

/** Calls between two services; never from a service to itself. */
export interface ServiceDependency {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
}

/** Read access to a tracing backend. Unreachable = throws code `unreachable`; the caller calls that inconclusive. */
export interface TraceStore {
  services(signal?: AbortSignal): Promise<readonly string[]>;
  /** Whole traces: every span the store has for each trace that the service took part in. */
  traces(query: TraceQuery, signal?: AbortSignal): Promise<readonly (readonly StoredSpan[])[]>;
  /** Which service called which, and how often, as the store counted it. May lag behind, or be empty where nothing counts it. */
  dependencies(window: TraceWindow, signal?: AbortSignal): Promise<readonly ServiceDependency[]>;
}
