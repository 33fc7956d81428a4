import type { Segment } from './segment.ts';
import { serviceNameOf } from './segment-to-otlp.ts';

/** Services and calls seen in segments: what a baseline holds. */
export interface Topology {
  add(segment: Segment): void;
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
  const seen = (service: string): string => {
    const name = serviceNameOf(service);
    if (name !== '' && services.size < MAX_NAMES) services.add(name);
    return name;
  };
  const called = (from: string, to: string): void => {
    const key = JSON.stringify([from, to]);
    const edge = edges.get(key);
    if (edge) edge.calls += 1;
    else if (from !== '' && to !== '' && edges.size < MAX_NAMES) edges.set(key, { from, to, calls: 1 });
  };
  return {
    add: (segment) => {
      const to = seen(segment.service);
      for (const { refs } of segment.spans) for (const ref of refs) if (ref.type === CROSS_PROCESS) called(seen(ref.service), to);
    },
    services: () => [...services],
    edges: () => [...edges.values()].map((edge) => ({ ...edge })),
  };
}
