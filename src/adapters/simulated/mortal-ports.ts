import type { Clock } from '../../ports/clock.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Journal } from '../../ports/journal.ts';
import type { Registry } from '../../ports/registry.ts';
import { intercept, type CallHooks } from './intercept.ts';

/** The ports through which an engine acts; others pass through unwrapped. */
interface ActingPorts {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly journal: (clusterId: string, run: string) => Promise<Journal>;
}

/** Ports of an engine that can be killed, as by `kill -9`. */
export interface MortalPorts<T> {
  readonly ports: T;
  /** From here on no call of this engine arrives, and none it waits for is ever answered. */
  kill(): void;
  /** Resolves when it was killed. */
  readonly killed: Promise<void>;
}

/**
 * Wraps the ports of one engine: hooks see every call to cluster, registry and journal, numbered together. A killed engine
 * is left hanging in its next call, so that not even its `finally` blocks run, as when a process is gone.
 */
export function mortalPorts<T extends ActingPorts>(ports: T, hooks: CallHooks = {}): MortalPorts<T> {
  const death = new AbortController();
  const killed = new Promise<void>((resolve) => death.signal.addEventListener('abort', () => resolve()));
  const never = new Promise<never>(() => undefined);
  let count = 0;
  const watched: CallHooks = {
    before: async (call) => {
      if (death.signal.aborted) return never;
      await hooks.before?.(call);
      return death.signal.aborted ? never : undefined;
    },
    after: async (call) => {
      if (!death.signal.aborted) await hooks.after?.(call);
      return death.signal.aborted ? never : undefined;
    },
  };
  const wrap = <P extends object>(port: string, target: P): P => intercept(port, target, watched, () => (count += 1));
  const clock: Clock = {
    now: () => ports.clock.now(),
    sleep: (ms, signal) =>
      ports.clock.sleep(ms, AbortSignal.any([death.signal, ...(signal ? [signal] : [])])).then(
        () => (death.signal.aborted ? never : undefined),
        (error: unknown) => (death.signal.aborted ? never : Promise.reject(error as Error)),
      ),
  };
  const journal: ActingPorts['journal'] = async (clusterId, run) => wrap('journal', await ports.journal(clusterId, run));
  return {
    ports: { ...ports, cluster: wrap('cluster', ports.cluster), registry: wrap('registry', ports.registry), clock, journal },
    kill: () => death.abort(),
    killed,
  };
}
