import { createHash } from 'node:crypto';
import type { StoredSpan } from '../../ports/trace-store.ts';
import { createSimulatedTraceStore, type SimulatedTraceStore } from './simulated-trace-store.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A JVM in a pod: who its spans are from. */
export interface SimulatedJvm {
  readonly pod: string;
  /** As its agent reports it. */
  readonly service: string;
  readonly agent: string | undefined;
}

/** How the requests to a service show: as whole traces, not at all, without their callers, or as segments that a tee converted. */
export type TrafficKind = 'whole' | 'none' | 'broken' | 'tee';

/** The trace store of a simulated fleet: once traffic is on, every Ready JVM gets a request per second and sends its span. */
export interface SimulatedTraffic extends SimulatedTraceStore {
  /** A JVM takes requests from now on, or no longer. */
  serve(jvm: SimulatedJvm, ready: boolean): void;
  /** Traffic of one pod or service, or of all that were not named, from now on; none before the first call. */
  set(kind: TrafficKind, podOrService?: string): void;
  /** Queries for traces so far. */
  readonly asked: { readonly at: number; readonly service: string }[];
}

interface Shift {
  readonly jvm: SimulatedJvm;
  readonly from: number;
  until?: number;
}

/** Spans are made when they are asked for: a fleet that nobody asks about costs nothing. */
export function createSimulatedTraffic(clock: VirtualClock): SimulatedTraffic {
  const store = createSimulatedTraceStore();
  const shifts: Shift[] = [];
  const kinds = new Map<string, readonly { readonly kind: TrafficKind; readonly since: number }[]>();
  const asked: { at: number; service: string }[] = [];

  function kindAt({ pod, service }: SimulatedJvm, at: number): TrafficKind {
    const changes = kinds.get(pod) ?? kinds.get(service) ?? kinds.get('') ?? [];
    return changes.findLast((change) => change.since <= at)?.kind ?? 'none';
  }

  function tracesOf(shift: Shift, fromMs: number, toMs: number): readonly (readonly StoredSpan[])[] {
    const traces: (readonly StoredSpan[])[] = [];
    const end = Math.min(toMs, shift.until ?? toMs);
    for (let at = Math.ceil(Math.max(fromMs, shift.from) / 1000) * 1000; at <= end; at += 1000) {
      const kind = kindAt(shift.jvm, at);
      if (kind !== 'none') traces.push([makeSpan(shift.jvm, at, kind)]);
    }
    return traces;
  }

  return {
    ...store,
    asked,
    serve: (jvm, ready) => {
      const open = shifts.findLast((shift) => shift.jvm === jvm && shift.until === undefined);
      if (ready && !open) shifts.push({ jvm, from: clock.now() });
      if (!ready && open) open.until = clock.now();
    },
    set: (kind, podOrService = '') => void kinds.set(podOrService, [...(kinds.get(podOrService) ?? []), { kind, since: clock.now() }]),
    traces: async (query) => {
      const { service, fromMs, limit } = query;
      asked.push({ at: clock.now(), service });
      const put = await store.traces(query);
      const toMs = Math.min(query.toMs, clock.now());
      const made = shifts.filter(({ jvm }) => jvm.service === service).flatMap((shift) => tracesOf(shift, fromMs, toMs));
      return [...put, ...made].sort((a, b) => (b[0]?.startMs ?? 0) - (a[0]?.startMs ?? 0)).slice(0, limit);
    },
  };
}

/** The server span of one request, as the agents name their resource. */
function makeSpan({ pod, service, agent }: SimulatedJvm, at: number, kind: TrafficKind): StoredSpan {
  const id = createHash('sha256').update(`${pod} ${at}`).digest('hex');
  const converted = kind === 'tee' || agent !== 'opentelemetry';
  const sdk = { 'telemetry.sdk.name': 'opentelemetry', 'telemetry.distro.name': 'opentelemetry-java-instrumentation', 'host.name': pod };
  return {
    traceId: id.slice(0, 32),
    spanId: id.slice(32, 48),
    ...(kind === 'broken' ? { parentSpanId: id.slice(48) } : {}),
    service,
    operation: 'GET /',
    kind: 'server',
    startMs: at,
    durationMs: 5,
    resource: { 'service.name': service, ...(converted ? { 'service.instance.id': `0f@${pod}` } : sdk) },
    attributes: converted ? { 'sw8.segment_id': `${id.slice(0, 32)}.1.1` } : {},
  };
}
