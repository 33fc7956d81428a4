import { ChangeoverError } from '../core/error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { emptyDeadLease, type LeaseHolder, type LeaseOptions } from './lease.ts';
import { findRun, replaceRecord } from './state-store.ts';

export interface UnlockOptions extends Pick<LeaseOptions, 'stateNamespace' | 'run' | 'signal' | 'onWait'> {
  readonly by: string;
  readonly reason: string;
}

/**
 * Takes a run from a dead instance: its Lease is emptied, the epoch raised (which fences its late writes to the records),
 * and who did it and why stands with the run's decisions. Undefined when nobody holds the run; nothing is written then.
 * Errors: `usage` for an unknown run; `locked` while the holder is alive.
 */
export async function unlockRun(ports: { readonly cluster: Cluster; readonly clock: Clock }, options: UnlockOptions): Promise<LeaseHolder | undefined> {
  const { cluster, clock } = ports;
  const { stateNamespace, run, signal, by, reason } = options;
  await findRun(cluster, { stateNamespace, run }, signal);
  const holder = await emptyDeadLease(cluster, clock, options);
  if (!holder) return undefined;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const found = await findRun(cluster, { stateNamespace, run }, signal);
    const { decisions, epoch } = found.value;
    const at = new Date(clock.now()).toISOString();
    const decision = { seq: decisions.length + 1, kind: 'unlock', targets: [], by, at, reason: `${reason} (held by ${holder.identity})` } as const;
    try {
      await replaceRecord(cluster, found, { ...found.value, epoch: epoch + 1, decisions: [...decisions, decision] });
      return holder;
    } catch (error) {
      if (!(error instanceof ChangeoverError) || error.code !== 'conflict') throw error;
    }
  }
  throw new ChangeoverError('conflict', `run ${run} is unlocked, but its record changes all the time: who did it is not recorded`, {
    hint: 'Run the same command again.',
  });
}
