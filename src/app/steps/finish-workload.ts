import { assertNever, ChangeoverError } from '../../core/error.ts';
import { enter } from '../../core/rollout/decide.ts';
import { decisionOf } from '../../core/rollout/kube-event.ts';
import { knownMarker, MARKER, readMarker, type OutcomeMark } from '../../core/rollout/marker.ts';
import { outcomePatch, releasePatch, rollbackPatch } from '../../core/rollout/patches.ts';
import { recover } from '../../core/rollout/recover.ts';
import type { Reason, WorkloadRecord } from '../../core/rollout/run-record.ts';
import { writtenEdits } from '../../core/rollout/written-edits.ts';
import type { Edit } from '../../core/workload/edit.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { editState } from '../../core/workload/edit-patch.ts';
import { unsealEdits } from '../../core/workload/seal-edits.ts';
import { announce } from '../announce.ts';
import { collectEvidence } from '../collect-evidence.ts';
import { workloadRef } from '../resources.ts';
import { enterState, persist, recordOf, tell, type Session } from '../session.ts';
import { tryPatch } from './claim.ts';

/** Writes the outcome on the object, then the record: the workload runs the new agent and has soaked. */
export async function succeed(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const marker = knownMarker(object, record.marker);
  // A failed test = somebody wrote in between: the next round reads again and decides anew.
  if (object && marker !== undefined && !(await tryPatch(session, id, outcomePatch(object, marker, mark(session, record, 'migrated'))))) return;
  await enterState(session, id, 'SUCCEEDED');
  announce(session, id, 'ChangeoverMigrated');
}

/** Keeps what the failed pods say while they exist, then turns back, or holds where the policy says so. */
export async function fail(session: Session, id: string, reason: Reason): Promise<void> {
  const record = recordOf(session, id);
  const evidence = await collectEvidence(session, record, reason);
  const hold = session.policy.rollout.onFailure === 'hold';
  const next = enter(
    record,
    hold ? 'INCONCLUSIVE' : 'RB_INTENT',
    session.ports.clock.now(),
    hold ? { id: 'held', params: { because: reason.id, ...reason.params } } : reason,
  );
  tell(session, {
    type: 'workload.verdict',
    workload: id,
    verdict: 'fail',
    reason,
    evidence: { log: evidence.log, pods: evidence.pods.map((pod) => pod.summary), ...(evidence.cause ? { cause: { ...evidence.cause } } : {}) },
  });
  await persist(session, { ...next, evidence });
}

/** The way back: exactly what was there, in one patch that tests that our values are still ours. */
export async function rollback(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const object = await session.ports.cluster.get(workloadRef(id), session.signal);
  const found = recover(object, record, true);
  switch (found) {
    case 'gone':
      return void (await enterState(session, id, 'GONE', { id: 'gone', params: {} }));
    case 'applied':
      return sendRollback(session, record, object);
    case 'reverted-by-others': {
      const marker = object?.metadata.annotations?.[MARKER];
      if (object && marker !== undefined && record.shape) await tryPatch(session, id, releasePatch(object, marker, record.shape));
      return void (await enterState(session, id, 'RB_ROLLING', record.reason));
    }
    case 'rolled-back':
    case 'untouched':
    case 'claimed':
      return void (await enterState(session, id, 'RB_ROLLING', record.reason));
    case 'locked':
    case 'conflict':
      return void (await enterState(session, id, 'CONFLICT', { id: 'conflict', params: { found } }));
    default:
      return assertNever(found);
  }
}

async function sendRollback(session: Session, record: WorkloadRecord, object: Parameters<typeof rollbackPatch>[0] | undefined): Promise<void> {
  const id = record.item.id;
  const marker = object?.metadata.annotations?.[MARKER];
  const edits = object && wayBack(object, record);
  if (!object || marker === undefined || !edits || record.shape === undefined)
    return void (await enterState(session, id, 'CONFLICT', { id: 'conflict', params: {} }));
  const back = { edits, shape: record.shape, outcome: mark(session, record, 'rolled-back') };
  try {
    // A failed test = somebody wrote in between: the next round reads again and decides anew.
    const answer = await tryPatch(session, id, rollbackPatch(object, marker, back));
    if (!answer) return;
    if (editState(answer, edits) !== 'before') return void (await enterState(session, id, 'RB_FAILED', { id: 'rollback-rewritten', params: { workload: id } }));
    await enterState(session, id, 'RB_ROLLING', record.reason);
    announce(session, id, 'ChangeoverRolledBack');
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code !== 'refused') throw error;
    await enterState(session, id, 'RB_FAILED', { id: 'rollback-refused', params: { workload: id, detail: error.message } });
  }
}

/** The edits with their exact values; those that records do not hold are in the marker. */
function wayBack(object: KubeObject, record: WorkloadRecord): readonly Edit[] | undefined {
  const marker = readMarker(object);
  return unsealEdits(writtenEdits(record), marker && marker !== 'unreadable' ? (marker.edits ?? []) : []);
}

/** With who and why: of a rollback that a person asked for, that person; else who started the run. */
function mark(session: Session, record: WorkloadRecord, status: OutcomeMark['status']): OutcomeMark {
  const run = session.run.value;
  const decision = status === 'rolled-back' ? decisionOf(run, record) : undefined;
  const why = decision ? decision.reason : run.reason;
  return {
    status,
    run: record.run,
    intent: record.intent ?? '',
    at: new Date(session.ports.clock.now()).toISOString(),
    by: decision?.by ?? run.startedBy,
    ...(decision || run.startedAs === undefined ? {} : { as: run.startedAs }),
    ...(why === undefined ? {} : { why }),
    ...(run.ticket === undefined ? {} : { ticket: run.ticket }),
  };
}
