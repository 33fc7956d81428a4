import type { Json } from '../json.ts';
import type { Edit } from '../workload/edit.ts';
import { containersWithoutEnv, dropCreatedEnv, forwardOps, inverseOps } from '../workload/edit-patch.ts';
import { pointer, type JsonPatchOp } from '../workload/json-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { podTemplate, templateAnnotations, templatePath } from '../workload/pod-template.ts';
import { canaryOps, restoreOps, type CanaryShape } from './canary.ts';
import { formatMarker, INTENT, MARKER, OUTCOME, RUN, type Marker, type OutcomeMark, type Shape } from './marker.ts';

const objectAnnotations = (key: string): string => pointer('metadata', 'annotations', key);
const templateMetadata = ({ kind }: KubeObject, ...below: readonly string[]): string => pointer(...templatePath(kind), 'metadata', ...below);

/** The shape of the object before our first write. */
export function readShape(object: KubeObject, edits: readonly Edit[]): Shape {
  const annotations = templateAnnotations(podTemplate(object));
  const earlierIntent = annotations?.[INTENT];
  return {
    noTemplateAnnotations: annotations === undefined,
    ...(earlierIntent === undefined ? {} : { earlierIntent }),
    noAnnotations: object.metadata.annotations === undefined,
    noEnv: containersWithoutEnv(object, edits),
  };
}

/**
 * Metadata-only patch that takes the object for a run (no rollout). `previous` is the marker text it must still carry, or
 * undefined when there must be none: then a concurrent claim of another run loses by resourceVersion of the whole object.
 */
export function claimPatch(object: KubeObject, marker: Marker, previous: string | undefined): readonly JsonPatchOp[] {
  const text = formatMarker(marker);
  const ops: JsonPatchOp[] = [uidTest(object)];
  if (previous !== undefined) {
    return [...ops, { op: 'test', path: objectAnnotations(MARKER), value: previous }, { op: 'replace', path: objectAnnotations(MARKER), value: text }];
  }
  ops.push({ op: 'test', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion ?? '' });
  if (object.metadata.annotations === undefined) {
    return [...ops, { op: 'add', path: '/metadata/annotations', value: { [MARKER]: text, [RUN]: marker.run } }];
  }
  return [...ops, { op: 'add', path: objectAnnotations(MARKER), value: text }, { op: 'add', path: objectAnnotations(RUN), value: marker.run }];
}

/** Takes a claim that never became a change off the object again. */
export function releasePatch(object: KubeObject, previous: string, shape: Shape): readonly JsonPatchOp[] {
  return [
    uidTest(object),
    { op: 'test', path: objectAnnotations(MARKER), value: previous },
    ...restoreOps(object, shape.canary),
    ...dropAnnotations(object, shape, undefined),
  ];
}

/** Strategy and minReadySeconds as before a canary, as long as the marker is the one that was read. */
export function canaryEndPatch(object: KubeObject, marker: string | undefined, shape: CanaryShape | undefined): readonly JsonPatchOp[] {
  const test: readonly JsonPatchOp[] = marker === undefined ? [] : [{ op: 'test', path: objectAnnotations(MARKER), value: marker }];
  return [uidTest(object), ...test, ...restoreOps(object, shape)];
}

/** Another marker in place of a known one; metadata only. */
export function markerPatch(object: KubeObject, previous: string, text: string): readonly JsonPatchOp[] {
  const path = objectAnnotations(MARKER);
  return [uidTest(object), { op: 'test', path, value: previous }, { op: 'replace', path, value: text }];
}

/**
 * The change itself and its record in one request: tests on uid, claim and old values, then values, intent and marker. What is
 * `sent` may differ from the marker's edits where admission is known to write other values: those the way back will find.
 */
export function applyPatch(
  object: KubeObject,
  claim: string,
  applied: Marker & { readonly edits: readonly Edit[]; readonly shape: Shape; readonly sent?: readonly Edit[] },
): readonly JsonPatchOp[] {
  return [
    uidTest(object),
    { op: 'test', path: objectAnnotations(MARKER), value: claim },
    ...forwardOps(object, applied.sent ?? applied.edits),
    ...canaryOps(applied.shape.canary),
    ...addIntent(object, applied.intent, applied.shape),
    { op: 'replace', path: objectAnnotations(MARKER), value: formatMarker(applied) },
  ];
}

/**
 * The way back: tests that every field still holds our value, then the old values, and all our annotations but `outcome`
 * gone. Values come from the edits, positions from the live object.
 */
export function rollbackPatch(
  object: KubeObject,
  applied: string,
  back: { readonly edits: readonly Edit[]; readonly shape: Shape; readonly outcome: OutcomeMark },
): readonly JsonPatchOp[] {
  const { ops, rest } = dropCreatedEnv(object, back.edits, back.shape.noEnv);
  return [
    uidTest(object),
    { op: 'test', path: objectAnnotations(MARKER), value: applied },
    ...ops,
    ...inverseOps(object, rest),
    ...restoreOps(object, back.shape.canary),
    ...dropIntent(object, back.shape),
    ...dropAnnotations(object, back.shape, back.outcome),
  ];
}

/** Says on the object that its migration succeeded; the marker with the way back stays beside it. */
export function outcomePatch(object: KubeObject, applied: string, outcome: OutcomeMark): readonly JsonPatchOp[] {
  return [
    uidTest(object),
    { op: 'test', path: objectAnnotations(MARKER), value: applied },
    { op: 'add', path: objectAnnotations(OUTCOME), value: JSON.stringify(outcome) },
  ];
}

/** Every patch of ours is for one object, never for its namesake. */
export function uidTest(object: KubeObject): JsonPatchOp {
  return { op: 'test', path: '/metadata/uid', value: object.metadata.uid ?? '' };
}

/** Puts the intent on the pod template, with the maps above it where they are missing. */
export function addIntent(object: KubeObject, intent: string, shape: Shape): readonly JsonPatchOp[] {
  if (!shape.noTemplateAnnotations || templateAnnotations(podTemplate(object)) !== undefined) {
    return [{ op: 'add', path: templateMetadata(object, 'annotations', INTENT), value: intent }];
  }
  const metadata = podTemplate(object)['metadata'];
  const value: Json = { [INTENT]: intent };
  if (metadata === undefined || metadata === null) return [{ op: 'add', path: templateMetadata(object), value: { annotations: value } }];
  return [{ op: 'add', path: templateMetadata(object, 'annotations'), value }];
}

function dropIntent(object: KubeObject, shape: Shape): readonly JsonPatchOp[] {
  const annotations = templateAnnotations(podTemplate(object));
  if (annotations?.[INTENT] === undefined) return [];
  if (shape.earlierIntent !== undefined) return [{ op: 'replace', path: templateMetadata(object, 'annotations', INTENT), value: shape.earlierIntent }];
  const onlyOurs = Object.keys(annotations).length === 1;
  const below = shape.noTemplateAnnotations && onlyOurs ? [] : [INTENT];
  return [{ op: 'remove', path: templateMetadata(object, 'annotations', ...below) }];
}

function dropAnnotations(object: KubeObject, shape: Shape, outcome: OutcomeMark | undefined): readonly JsonPatchOp[] {
  const annotations = object.metadata.annotations ?? {};
  const others = Object.keys(annotations).filter((key) => ![MARKER, RUN, OUTCOME].includes(key));
  if (outcome === undefined && shape.noAnnotations && others.length === 0 && annotations[OUTCOME] === undefined) {
    return [{ op: 'remove', path: '/metadata/annotations' }];
  }
  const ops: JsonPatchOp[] = [{ op: 'remove', path: objectAnnotations(MARKER) }];
  if (annotations[RUN] !== undefined) ops.push({ op: 'remove', path: objectAnnotations(RUN) });
  if (outcome !== undefined) ops.push({ op: 'add', path: objectAnnotations(OUTCOME), value: JSON.stringify(outcome) });
  return ops;
}
