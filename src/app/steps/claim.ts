import { ChangeoverError } from '../../core/error.ts';
import { enter } from '../../core/rollout/decide.ts';
import { planCanary } from '../../core/rollout/canary.ts';
import { formatMarker, knownMarker, markerHash, readMarker, type Marker } from '../../core/rollout/marker.ts';
import { claimPatch, readShape, releasePatch } from '../../core/rollout/patches.ts';
import type { WorkloadRecord } from '../../core/rollout/run-record.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { workloadRef } from '../resources.ts';
import { enterState, note, persist, recordOf, type Session } from '../session.ts';

/**
 * Takes the workload: a metadata-only patch that puts our marker on the object. From here on every write of this run
 * tests that marker, so that two instances, or two runs, can never both change it.
 */
export async function claim(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const object = await session.ports.cluster.get(workloadRef(id), session.signal);
    if (!object || object.metadata.uid !== record.item.uid) return void (await enterState(session, id, 'GONE', { id: 'gone', params: {} }));
    const holder = readMarker(object);
    if (holder !== undefined && (holder === 'unreadable' || holder.run !== record.run)) {
      const run = holder === 'unreadable' ? 'unreadable' : holder.run;
      return void (await enterState(session, id, 'SKIPPED', { id: 'locked', params: { run } }));
    }
    const intent = `${record.run}.${record.attempt}`;
    const canary = planCanary(object, session.policy.rollout.canaryMs);
    if (canary && 'refused' in canary) return void (await enterState(session, id, 'SKIPPED', { id: 'blocked', params: { detail: canary.refused } }));
    const now = session.ports.clock.now();
    const marker: Marker = { state: 'claimed', run: record.run, epoch: session.run.value.epoch, intent, at: new Date(now).toISOString() };
    const previous = holder === undefined ? undefined : object.metadata.annotations?.['changeover.dev/marker'];
    const claimed = {
      ...enter(record, 'CLAIMED', now),
      intent,
      epoch: marker.epoch,
      marker: markerHash(formatMarker(marker)),
      shape: { ...readShape(object, record.item.edits), ...(canary ? { canary } : {}) },
    };
    await persist(session, claimed);
    if (await tryPatch(session, id, claimPatch(object, marker, previous))) return;
  }
  await enterState(session, id, 'PLANNED');
}

/** Takes a claim back that never became a change; the workload can be started again later. */
export async function release(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const marker = object?.metadata.uid === record.item.uid ? knownMarker(object, record.marker) : undefined;
  if (object && marker !== undefined && record.shape) await tryPatch(session, id, releasePatch(object, marker, record.shape));
  await persist(session, unclaimed(enter(record, 'PLANNED', session.ports.clock.now())));
}

/** Sends a patch whose failed `test` is an answer, not an error: then undefined, else the object as stored. */
export async function tryPatch(session: Session, id: string, ops: Parameters<Session['ports']['cluster']['patch']>[1]): Promise<KubeObject | undefined> {
  await note(session, 'patch', { workload: id, data: { ops: ops.length } });
  session.signal.throwIfAborted();
  try {
    return await session.ports.cluster.patch(workloadRef(id), ops, { signal: session.signal });
  } catch (error) {
    if (error instanceof ChangeoverError && (error.code === 'precondition' || error.code === 'not-found')) return undefined;
    throw error;
  }
}

function unclaimed(record: WorkloadRecord): WorkloadRecord {
  const { marker: _marker, intent: _intent, shape: _shape, canary: _canary, ...rest } = record;
  return rest;
}
