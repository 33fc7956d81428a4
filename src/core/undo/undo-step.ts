import { isJsonObject } from '../json.ts';
import { INTENT, MARKER, readMarker, type Marker, type OutcomeMark, type Shape } from '../rollout/marker.ts';
import { releasePatch, rollbackPatch } from '../rollout/patches.ts';
import type { WorkloadRecord } from '../rollout/run-record.ts';
import { withWritten } from '../rollout/written-edits.ts';
import type { Edit } from '../workload/edit.ts';
import { editState } from '../workload/edit-patch.ts';
import type { JsonPatchOp } from '../workload/json-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { podTemplate, templateAnnotations } from '../workload/pod-template.ts';
import { isSealed } from '../workload/seal-edits.ts';

/** What it takes to put one workload of a run back, as far as the object itself tells. */
export type UndoStep = { readonly id: string } & (
  | { readonly kind: 'restore'; readonly ops: readonly JsonPatchOp[] }
  /** Its fields are as they were before us; only our marker is still there. */
  | { readonly kind: 'release'; readonly ops: readonly JsonPatchOp[] }
  | { readonly kind: 'nothing'; readonly why: 'never-changed' | 'put-back' | 'marker-gone' | 'gone' | 'other-run'; readonly run?: string }
  /** No command can be right: the marker is unreadable, or the fields hold neither what was there nor what we wrote. */
  | { readonly kind: 'by-hand'; readonly why: 'unreadable' | 'conflict'; readonly edits: readonly Edit[] }
);

/**
 * The way back of one workload, from the marker on the live object: the same patches the engine sends for `rollback`.
 * `at` (RFC 3339) goes into the outcome. Pure.
 */
export function undoStep(object: KubeObject | undefined, record: WorkloadRecord, at: string): UndoStep {
  const id = record.item.id;
  if (!object || object.metadata.uid !== record.item.uid) return { id, kind: 'nothing', why: 'gone' };
  const marker = readMarker(object);
  if (marker === undefined) return { id, kind: 'nothing', why: withoutMarker(record) };
  if (marker === 'unreadable') return { id, kind: 'by-hand', why: 'unreadable', edits: record.item.edits };
  if (marker.run !== record.run) return { id, kind: 'nothing', why: 'other-run', run: marker.run };
  const text = object.metadata.annotations?.[MARKER] ?? '';
  const back = marker.state === 'applied' ? wayBack(marker) : { edits: record.item.edits, shape: record.shape };
  if (!back?.shape) return { id, kind: 'by-hand', why: 'unreadable', edits: record.item.edits };
  const { shape } = back;
  // The marker was sent with our values; the record may know that admission stored others.
  const edits = marker.intent === record.intent ? withWritten(back.edits, record.written) : back.edits;
  const state = editState(object, edits);
  if (state === 'before') return { id, kind: 'release', ops: releasePatch(object, text, shape) };
  const ours = marker.state === 'applied' || templateAnnotations(podTemplate(object))?.[INTENT] === record.intent;
  // Only an applied marker has the exact values of sealed edits.
  if (state === 'foreign' || !ours || edits.some(isSealed)) return { id, kind: 'by-hand', why: 'conflict', edits };
  const outcome: OutcomeMark = { status: 'rolled-back', run: record.run, intent: marker.intent, at };
  return { id, kind: 'restore', ops: rollbackPatch(object, text, { edits, shape, outcome }) };
}

function withoutMarker(record: WorkloadRecord): 'never-changed' | 'put-back' | 'marker-gone' {
  if (record.state === 'ROLLED_BACK' || record.state === 'RB_ROLLING') return 'put-back';
  return record.intent === undefined ? 'never-changed' : 'marker-gone';
}

/** The inverse an applied marker holds; undefined when a hand has changed it. */
function wayBack(marker: Marker): { readonly edits: readonly Edit[]; readonly shape: Shape } | undefined {
  const { edits, shape } = marker;
  if (!Array.isArray(edits) || !edits.every(isEdit) || !isJsonObject(shape) || !Array.isArray(shape['noEnv'])) return undefined;
  return { edits, shape: shape as unknown as Shape };
}

function isEdit(value: unknown): value is Edit {
  if (!isJsonObject(value) || typeof value['container'] !== 'string') return false;
  const { kind, before, after } = value;
  if (kind === 'image') return typeof before === 'string' && typeof after === 'string';
  if (kind === 'args')
    return typeof value['index'] === 'number' && typeof before === 'string' && (after === null || typeof after === 'string') && isJsonObject(value['list']);
  const variable = (side: unknown): boolean => side === null || (isJsonObject(side) && typeof side['name'] === 'string');
  return kind === 'env' && typeof value['name'] === 'string' && variable(before) && variable(after);
}
