import type { Segment } from './segment.ts';
import { serviceNameOf } from './segment-to-otlp.ts';

/** Services and calls seen in segments: what a baseline holds. */
export interface Topology {
  add(segment: Segment): void;
  /** Adds what another one has seen. */
  merge(other: { readonly services: ReturnType<Topology['services']>; readonly edges: ReturnType<Topology['edges']> }): void;
  services(): readonly string[];
  /** `calls` counts refs. */
  edges(): readonly { readonly from: string; readonly to: string; readonly calls: number }[];
}

/** Names come from the network: past this many of a kind, new ones are left out. */
const MAX_NAMES = 20_000;
const CROSS_PROCESS = 0;

/** An empty topology. Peers that are only an address stay out: nobody can tell which service they are. */
export function createTopology(): Topology {
  const services = new Set<string>();
  const edges = new Map<string, { readonly from: string; readonly to: string; calls: number }>();
  const seen = (name: string): string => {
    if (name !== '' && services.size < MAX_NAMES) services.add(name);
    return name;
  };
  const called = (from: string, to: string, calls: number): void => {
    const key = JSON.stringify([from, to]);
    const edge = edges.get(key);
    if (edge) edge.calls += calls;
    else if (from !== '' && to !== '' && edges.size < MAX_NAMES) edges.set(key, { from, to, calls });
  };
  return {
    add: (segment) => {
      const to = seen(serviceNameOf(segment.service));
      for (const { refs } of segment.spans) for (const ref of refs) if (ref.type === CROSS_PROCESS) called(seen(serviceNameOf(ref.service)), to, 1);
    },
    merge: (other) => {
      for (const name of other.services) seen(name);
      for (const { from, to, calls } of other.edges) called(from, to, calls);
    },
    services: () => [...services],
    edges: () => [...edges.values()].map((edge) => ({ ...edge })),
  };
}
