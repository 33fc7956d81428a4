import { ChangeoverError } from '../../core/error.ts';
import { assertNever } from '../../core/error.ts';
import { isCanaryCurrent } from '../../core/rollout/canary.ts';
import { enter } from '../../core/rollout/decide.ts';
import { formatMarker, knownMarker, MARKER, markerHash, readMarker, type Marker } from '../../core/rollout/marker.ts';
import type { MigrateItem } from '../../core/plan/plan.ts';
import { applyPatch, markerPatch } from '../../core/rollout/patches.ts';
import { foreignReason, recover } from '../../core/rollout/recover.ts';
import { answeredEdits, withWritten } from '../../core/rollout/written-edits.ts';
import type { WorkloadRecord } from '../../core/rollout/run-record.ts';
import type { Edit } from '../../core/workload/edit.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { isSealed, sealEdits, unsealEdits } from '../../core/workload/seal-edits.ts';
import { announce } from '../announce.ts';
import { findIntent } from '../observe.ts';
import { readBelow, readWorkload } from '../read-workload.ts';
import { recompose } from '../recompose.ts';
import { workloadRef } from '../resources.ts';
import { enterState, persist, recordOf, type Session } from '../session.ts';
import { release, tryPatch } from './claim.ts';

/** The change: one JSON Patch that tests, changes and records. Its intent is durable before it is sent. */
export async function apply(session: Session, id: string): Promise<void> {
  const before = recordOf(session, id);
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const claim = knownMarker(object, before.marker);
  const { shape } = before;
  if (!object || claim === undefined || shape === undefined) return recoverStep(session, id);
  const edits = await exactEdits(session, before.item);
  if (!edits) {
    await release(session, id);
    return void (await enterState(session, id, 'SKIPPED', { id: 'stale', params: { what: 'values of the pod template' } }));
  }
  // The strategy was changed since the claim: it is looked at, and claimed, anew.
  if (shape.canary && !isCanaryCurrent(object, shape.canary)) return release(session, id);
  const opened: WorkloadRecord = { ...before, ...(shape.canary ? { canary: 'open' } : {}) };
  const record = await persist(session, enter(opened, 'APPLY_INTENT', session.ports.clock.now()));
  const applied = { ...appliedMarker(record, session.run.value.epoch), edits: withWritten(edits, record.written), shape };
  let written: KubeObject | undefined;
  try {
    written = await tryPatch(session, id, applyPatch(object, claim, { ...applied, sent: edits }));
    if (!written) return await recoverStep(session, id);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code !== 'refused') throw error;
    await release(session, id);
    return void (await enterState(session, id, 'SKIPPED', { id: 'blocked', params: { detail: error.message } }));
  }
  if (!(await keepAnswer(session, asApplied(record, formatMarker(applied), session.ports.clock.now()), { answer: written, applied }))) return;
  announce(session, id, 'ChangeoverApplied');
}

/**
 * The change is made: the record keeps the values the server answered, and so does the marker where they are not those
 * that the dry run foretold. False where the way back would not be exact, which a person must see.
 */
async function keepAnswer(
  session: Session,
  record: WorkloadRecord,
  { answer, applied }: { readonly answer: KubeObject; readonly applied: Marker & { readonly edits: readonly Edit[] } },
): Promise<boolean> {
  const id = record.item.id;
  const answered = answeredEdits(answer, applied.edits);
  if ('field' in answered) {
    await persist(session, record);
    await enterState(session, id, 'CONFLICT', { id: 'conflict', params: { field: answered.field } });
    return false;
  }
  if (answered === applied.edits) return (await persist(session, record), true);
  const text = formatMarker({ ...applied, edits: answered });
  await persist(session, { ...record, written: sealEdits(answered), marker: markerHash(text) });
  await tryPatch(session, id, markerPatch(answer, formatMarker(applied), text));
  return true;
}

/** Reads what the object says about a step whose answer is unknown, and continues from there. Never guesses, never repeats. */
export async function recoverStep(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const now = session.ports.clock.now();
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const found = recover(object, record, object ? await everApplied(session, record, object) : false);
  switch (found) {
    case 'gone':
      return void (await enterState(session, id, 'GONE', { id: 'gone', params: {} }));
    case 'applied':
      await persist(session, asApplied(record, object?.metadata.annotations?.[MARKER] ?? '', now));
      return announce(session, id, 'ChangeoverApplied');
    case 'claimed':
      return reclaim(session, record, object);
    case 'untouched':
      return void (await enterState(session, id, 'PLANNED'));
    case 'rolled-back':
      return void (await enterState(session, id, 'ROLLED_BACK', record.reason));
    case 'reverted-by-others':
      return void (await enterState(session, id, 'EXT_CHANGED', foreignReason(found, object)));
    case 'locked':
      return void (await enterState(session, id, 'SKIPPED', { id: 'locked', params: { run: lockHolder(object) } }));
    case 'conflict':
      return void (await enterState(session, id, 'CONFLICT', { id: 'conflict', params: {} }));
    default:
      return assertNever(found);
  }
}

/** Puts this instance's epoch into the marker of a workload a dead one left behind: its late writes then fail. */
export async function fence(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const marker = object && readMarker(object);
  const previous = object?.metadata.annotations?.[MARKER];
  const { epoch } = session.run.value;
  if (!object || previous === undefined || !marker || marker === 'unreadable' || marker.run !== record.run) {
    return void (await persist(session, { ...record, epoch }));
  }
  const text = formatMarker({ ...marker, epoch });
  if (object.metadata.uid === record.item.uid && (await tryPatch(session, id, markerPatch(object, previous, text))))
    await persist(session, { ...record, epoch, marker: markerHash(text) });
}

async function reclaim(session: Session, record: WorkloadRecord, object: KubeObject | undefined): Promise<void> {
  const marker = object?.metadata.annotations?.[MARKER];
  const claimed = enter({ ...record, ...(marker === undefined ? {} : { marker: markerHash(marker) }) }, 'CLAIMED', session.ports.clock.now());
  await persist(session, claimed);
  if (record.epoch !== session.run.value.epoch) await fence(session, record.item.id);
}

async function everApplied(session: Session, record: WorkloadRecord, object: KubeObject): Promise<boolean> {
  return findIntent(await readBelow(session.ports.cluster, object, session.signal), record.intent) !== undefined;
}

/** The edits with their exact values: those that records do not hold are made again from what is there. */
async function exactEdits(session: Session, item: MigrateItem): Promise<readonly Edit[] | undefined> {
  if (!item.edits.some(isSealed)) return item.edits;
  const workload = await readWorkload(session.ports.cluster, item.id, session.signal);
  const made = workload && (await recompose(session, workload, item));
  return made?.kind === 'recomposed' ? unsealEdits(item.edits, made.change.edits) : undefined;
}

function appliedMarker(record: WorkloadRecord, epoch: number): Marker {
  return { state: 'applied', run: record.run, epoch, intent: record.intent ?? '', at: record.since };
}

function asApplied(record: WorkloadRecord, marker: string, now: number): WorkloadRecord {
  return { ...enter(record, 'APPLIED', now), marker: markerHash(marker), rolloutStartedAt: new Date(now).toISOString() };
}

function lockHolder(object: KubeObject | undefined): string {
  const marker = object && readMarker(object);
  return marker && marker !== 'unreadable' ? marker.run : 'unreadable';
}
