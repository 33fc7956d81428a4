import { ChangeoverError } from '../core/error.ts';
import { makeBaseline, type Baseline } from '../core/verify/baseline.ts';
import { callsBetween } from '../core/verify/judge-trace.ts';
import type { TopologySource } from '../ports/topology-source.ts';
import type { TraceStore, TraceWindow } from '../ports/trace-store.ts';
import { pooled } from './pooled.ts';
import { readTraces } from './read-traces.ts';

const MAX_TRACES = 20_000;

export interface SavedBaseline {
  readonly baseline: Baseline;
  /** Names that are no services and were left out: databases, queues, users. */
  readonly apart: readonly string[];
  /** True where calls were counted from traces, and there were more traces than could be read. */
  readonly cut: boolean;
}

/** Where a baseline is read: SkyWalking's own topology, else Jaeger. */
export type BaselineSource = { readonly kind: 'skywalking'; readonly source: TopologySource } | { readonly kind: 'jaeger'; readonly store: TraceStore };

/** Reads who calls whom today. Throws as the source does, and `refused` when it shows no service at all: nothing could be missed later. */
export async function readBaselineFrom(from: BaselineSource, window: TraceWindow, signal?: AbortSignal): Promise<SavedBaseline> {
  const found = from.kind === 'skywalking' ? { ...(await from.source.topology(window, signal)), cut: false } : await topologyOf(from.store, window, signal);
  const baseline = makeBaseline(from.kind, window, found);
  if (baseline.services.length > 0) return { baseline, apart: found.apart, cut: found.cut };
  throw new ChangeoverError('refused', `no service had traffic between ${baseline.from} and ${baseline.to}, so there is nothing to save`, {
    target: from.kind === 'skywalking' ? 'verify.skywalking' : 'verify.jaeger',
    hint: 'Look further back with --since, or check that the policy names the backend of the fleet.',
  });
}

interface FoundTopology {
  readonly services: readonly string[];
  readonly edges: Baseline['edges'];
  readonly apart: readonly string[];
  readonly cut: boolean;
}

/** A store that counts no calls (a job does it in large installations, at night) still has the traces. */
async function topologyOf(store: TraceStore, window: TraceWindow, signal: AbortSignal | undefined): Promise<FoundTopology> {
  const known = await store.services(signal);
  const active = await pooled(known, 4, async (service) => ((await store.traces({ service, ...window, limit: 1 }, signal)).length > 0 ? [service] : []));
  const services = active.flat();
  const counted = await store.dependencies(window, signal);
  if (counted.length > 0) return { services, edges: counted, apart: [], cut: false };
  const { traces, cut } = await readTraces(store, services, { window, maxTraces: MAX_TRACES, ...(signal ? { signal } : {}) });
  const edges = traces.flatMap(callsBetween).map(({ from, to }) => ({ from, to, calls: 1 }));
  return { services, edges, apart: [], cut };
}
