import type { KubeObject } from '../workload/kube-object.ts';
import { podTemplate, templateAnnotations } from '../workload/pod-template.ts';
import { editState } from '../workload/edit-patch.ts';
import { INTENT, readMarker, readOutcome } from './marker.ts';
import type { Reason, WorkloadRecord } from './run-record.ts';
import { writtenEdits } from './written-edits.ts';

/** What the object says happened to the step whose answer we may have lost. */
export type Recovery =
  | 'gone'
  /** The change is on the object and it is ours. */
  | 'applied'
  /** Our claim stands, the fields are as before: the change was never made. */
  | 'claimed'
  /** Nothing of ours is on it and nothing ever was. */
  | 'untouched'
  /** We rolled it back, and the outcome says so. */
  | 'rolled-back'
  /** Somebody else put the old values back (`rollout undo`, a deploy). */
  | 'reverted-by-others'
  /** Our fields hold something that is neither before nor after. */
  | 'conflict'
  /** Another run's marker stands on it. */
  | 'locked';

/** Why a workload is left to whoever changed it: a template put back whole, also without our intent, is a rollback by hand. */
export function foreignReason(found: Recovery, object: KubeObject | undefined): Reason {
  const undone = found === 'reverted-by-others' && object !== undefined && templateAnnotations(podTemplate(object))?.[INTENT] === undefined;
  return { id: 'changed-by-others', params: { found: undone ? 'external-rollback' : found } };
}

/**
 * Three-way reading of record, object and marker after a crash, a lost answer or a failed `test`. Pure.
 * `everApplied` = proof that our change was on the object at some time (a ReplicaSet carries our intent, or the record
 * had gone past APPLY_INTENT).
 */
export function recover(object: KubeObject | undefined, record: WorkloadRecord, everApplied: boolean): Recovery {
  if (!object || object.metadata.uid !== record.item.uid) return 'gone';
  const marker = readMarker(object);
  if (marker === 'unreadable') return 'conflict';
  if (marker && marker.run !== record.run) return 'locked';
  const state = editState(object, writtenEdits(record));
  const outcome = readOutcome(object);
  if (!marker) {
    if (outcome?.run === record.run && outcome.status === 'rolled-back' && outcome.intent === record.intent) return 'rolled-back';
    if (state === 'before') return everApplied ? 'reverted-by-others' : 'untouched';
    return 'conflict';
  }
  const intent = templateAnnotations(podTemplate(object))?.[INTENT];
  if (marker.state === 'applied') return state === 'after' ? 'applied' : state === 'before' ? 'reverted-by-others' : 'conflict';
  // A claim beside our values: `rollout undo` and redo of annotations; beside the old values: not yet, or undone by hand.
  if (state === 'after' && intent === record.intent) return 'applied';
  if (state === 'before') return everApplied ? 'reverted-by-others' : 'claimed';
  return 'conflict';
}
