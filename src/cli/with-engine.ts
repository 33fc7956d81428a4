import type { Cluster } from '../ports/cluster.ts';
import { abortable } from './interrupts.ts';
import { connectionOf, type Invocation } from './invocation.ts';
import { showProgress, type Progress } from './render/progress.ts';
import type { OpenEngine, PlacedPolicy } from './wiring.ts';

/** What a command that reads the fleet works with. */
export interface Opened {
  readonly cluster: Cluster;
  readonly ports: OpenEngine['ports'];
  readonly progress: Progress;
  /** Does one piece of work that an interrupt aborts. */
  readonly untilInterrupted: <T>(read: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/** Opens the cluster and the engine for one command, and closes them, and the line of progress, whatever becomes of it. */
export async function withEngine<T>(invocation: Invocation, placed: PlacedPolicy | undefined, work: (opened: Opened) => Promise<T>): Promise<T> {
  const { wiring, options } = invocation;
  const cluster = await wiring.openCluster(connectionOf(options));
  const progress = showProgress(wiring.stderr);
  try {
    const engine = await wiring.openEngine(cluster, placed);
    try {
      return await work({ cluster, ports: engine.ports, progress, untilInterrupted: (read) => abortable(wiring, read) });
    } finally {
      await engine.close();
    }
  } finally {
    progress.close();
    await cluster.close();
  }
}
