import { ChangeoverError } from '../core/error.ts';
import { isJsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { refTo, resources } from './resources.ts';

const DURATION_MS = 15_000;
const RENEW_MS = 5_000;

export interface LeaseHolder {
  readonly identity: string;
  readonly since: string;
  readonly renewed: string;
}

/** The right to drive a run, renewed in the background until released. `lost` fires when it is somebody else's. */
export interface HeldLease {
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly stateNamespace: string;
  readonly run: string;
  readonly identity: string;
  readonly signal?: AbortSignal;
  /** Called once when a dead holder's time is waited out, with the milliseconds left. */
  readonly onWait?: (holder: LeaseHolder, leftMs: number) => void;
}

/**
 * Takes the run's Lease (client-go's rules: a holder is dead when *we* saw no renewal for the lease's duration, whatever
 * its clock says). A live holder = `locked`, naming it. The Lease alone does not fence: markers with epochs do.
 */
export async function acquireLease(cluster: Cluster, clock: Clock, options: LeaseOptions): Promise<HeldLease> {
  const ref = refTo(resources.lease, options.stateNamespace, `changeover-${options.run}`);
  let seen: { readonly version: string; readonly at: number } | undefined;
  let announced = false;
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const current = await cluster.get(ref, options.signal);
    if (!current) {
      const created = await attemptWrite(() => cluster.create(leaseObject(options, undefined, clock.now())));
      if (created) return hold(cluster, clock, { options, object: created });
      continue;
    }
    const holder = readHolder(current);
    const version = holder?.renewed ?? '';
    seen ??= { version, at: clock.now() };
    if (holder && seen.version !== version) throw lockedBy(holder, options.run);
    const left = holder ? DURATION_MS - (clock.now() - seen.at) : 0;
    if (left <= 0 || holder?.identity === options.identity) {
      const taken = await attemptWrite(() => cluster.replace(leaseObject(options, current, clock.now())));
      if (taken) return hold(cluster, clock, { options, object: taken });
      seen = undefined;
      continue;
    }
    if (holder && !announced) options.onWait?.(holder, left);
    announced = true;
    await clock.sleep(Math.min(left, 2_000), options.signal);
  }
  throw new ChangeoverError('locked', `the Lease of run ${options.run} changes hands all the time`, { target: `${ref.namespace}/Lease/${ref.name}` });
}

/** Who holds the run's Lease now; undefined when nobody does. */
export async function readLease(cluster: Cluster, stateNamespace: string, run: string, signal?: AbortSignal): Promise<LeaseHolder | undefined> {
  const lease = await cluster.get(refTo(resources.lease, stateNamespace, `changeover-${run}`), signal);
  return lease && readHolder(lease);
}

/**
 * Takes the Lease away from a holder that is dead by the rules of `acquireLease`, and returns who that was; undefined when
 * nobody holds it. Throws `locked` for a holder that renews it while we look.
 */
export async function emptyDeadLease(
  cluster: Cluster,
  clock: Clock,
  options: Pick<LeaseOptions, 'stateNamespace' | 'run' | 'signal' | 'onWait'>,
): Promise<LeaseHolder | undefined> {
  const ref = refTo(resources.lease, options.stateNamespace, `changeover-${options.run}`);
  const first = await cluster.get(ref, options.signal);
  const holder = first && readHolder(first);
  if (!first || !holder) return undefined;
  options.onWait?.(holder, DURATION_MS);
  const since = clock.now();
  while (clock.now() - since < DURATION_MS) {
    await clock.sleep(2_000, options.signal);
    const seen = await cluster.get(ref, options.signal);
    if (seen?.metadata.resourceVersion !== first.metadata.resourceVersion) throw lockedBy((seen && readHolder(seen)) ?? holder, options.run);
  }
  if (await attemptWrite(() => cluster.replace(emptied(first)))) return holder;
  throw lockedBy(holder, options.run);
}

function hold(cluster: Cluster, clock: Clock, start: { readonly options: LeaseOptions; readonly object: KubeObject }): HeldLease {
  const lost = new AbortController();
  const done = new AbortController();
  let object = start.object;
  let renewedAt = clock.now();
  const renewing = (async (): Promise<void> => {
    while (!done.signal.aborted) {
      await clock.sleep(RENEW_MS, done.signal);
      try {
        object = await cluster.replace(leaseObject(start.options, object, clock.now()));
        renewedAt = clock.now();
      } catch (error) {
        const taken = error instanceof ChangeoverError && (error.code === 'conflict' || error.code === 'not-found');
        if (taken || clock.now() - renewedAt >= DURATION_MS - RENEW_MS) lost.abort();
      }
    }
  })().catch(() => undefined);
  return {
    lost: lost.signal,
    release: async (): Promise<void> => {
      done.abort();
      await renewing;
      // Best effort: a Lease that cannot be given back runs out by itself.
      if (!lost.signal.aborted) await cluster.replace(emptied(object)).catch(() => undefined);
    },
  };
}

async function attemptWrite(write: () => Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ChangeoverError && (error.code === 'conflict' || error.code === 'not-found')) return undefined;
    throw error;
  }
}

function leaseObject(options: LeaseOptions, current: KubeObject | undefined, now: number): KubeObject {
  const time = `${new Date(now).toISOString().slice(0, -1)}000Z`;
  const spec = current && isJsonObject(current['spec']) ? current['spec'] : {};
  const ours = spec['holderIdentity'] === options.identity;
  return {
    ...(current ?? {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: `changeover-${options.run}`, namespace: options.stateNamespace, labels: { 'app.kubernetes.io/managed-by': 'changeover' } },
    }),
    spec: {
      ...spec,
      holderIdentity: options.identity,
      leaseDurationSeconds: DURATION_MS / 1000,
      renewTime: time,
      acquireTime: ours ? (spec['acquireTime'] ?? time) : time,
    },
  };
}

function emptied(object: KubeObject): KubeObject {
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const { holderIdentity: _holder, ...rest } = spec;
  return { ...object, spec: rest };
}

function readHolder(lease: KubeObject): LeaseHolder | undefined {
  const spec = lease['spec'];
  if (!isJsonObject(spec)) return undefined;
  const { holderIdentity, acquireTime, renewTime } = spec;
  if (typeof holderIdentity !== 'string' || holderIdentity === '') return undefined;
  return { identity: holderIdentity, since: typeof acquireTime === 'string' ? acquireTime : '', renewed: typeof renewTime === 'string' ? renewTime : '' };
}

function lockedBy(holder: LeaseHolder, run: string): ChangeoverError {
  return new ChangeoverError('locked', `run ${run} is driven by ${holder.identity} since ${holder.since}`, {
    target: `run ${run}`,
    hint: 'Watch it with `changeover status --watch`, or stop that instance first.',
  });
}
