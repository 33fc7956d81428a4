import type { EnginePorts } from '../app/ports.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlacedPolicy } from './wiring.ts';

/** A simulated world to rehearse a migration in: a cluster, a registry and time, all inside this program. */
export interface Rehearsal {
  readonly placed: PlacedPolicy;
  /** Virtual time, of which an hour takes seconds. */
  readonly clock: Clock;
  /** A new instance of the engine on the stored world: it knows nothing but what is stored there. */
  openEngine(options?: { readonly diesAfter?: number }): RehearsedEngine;
  /** Gives a watching person this many real milliseconds to read; returns at once when nobody watches. */
  linger(ms: number): Promise<void>;
}

/** One instance of the engine, which may be killed. */
export interface RehearsedEngine {
  readonly ports: EnginePorts;
  /** Resolves when it dies: right after the cluster took its `diesAfter`-th change of a workload, before it heard so. */
  readonly died: Promise<void>;
  /** Ends it for good, as a process that is gone. */
  kill(): void;
}
