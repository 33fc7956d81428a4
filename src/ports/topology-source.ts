import type { TraceWindow } from './trace-store.ts';

/** Who called whom, as a tracing backend sums it up. */
export interface FleetTopology {
  readonly services: readonly string[];
  /** Both ends are among the services. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly calls?: number }[];
  /** Names of what is called, or calls, and is no service: databases, queues, users. */
  readonly apart: readonly string[];
}

/** A backend that knows the topology of the time before. Throws `unreachable` naming the place, `denied`, `too-large`, `aborted`. */
export interface TopologySource {
  topology(window: TraceWindow, signal?: AbortSignal): Promise<FleetTopology>;
}
