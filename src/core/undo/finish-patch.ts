import { MARKER, OUTCOME, readMarker, readOutcome, RUN } from '../rollout/marker.ts';
import type { WorkloadRecord } from '../rollout/run-record.ts';
import { pointer, type JsonPatchOp } from '../workload/json-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';

/**
 * The patch that takes what a run left on an object's metadata: marker (the way back), run and outcome. It tests each for the
 * text that was read, changes no pod, and leaves the intent on the pod template, as taking that away would restart pods.
 * Undefined where there is nothing of this run; `unreadable` where a hand has changed the marker. Pure.
 */
export function finishPatch(object: KubeObject | undefined, record: WorkloadRecord): readonly JsonPatchOp[] | 'unreadable' | undefined {
  if (!object || object.metadata.uid !== record.item.uid) return undefined;
  const annotations = object.metadata.annotations ?? {};
  const marker = readMarker(object);
  if (marker === 'unreadable') return annotations[RUN] === record.run ? 'unreadable' : undefined;
  const ours = [
    ...(marker?.run === record.run ? [MARKER] : []),
    ...(annotations[RUN] === record.run ? [RUN] : []),
    ...(readOutcome(object)?.run === record.run ? [OUTCOME] : []),
  ];
  if (ours.length === 0) return undefined;
  const at = (key: string): string => pointer('metadata', 'annotations', key);
  const tests = ours.map((key): JsonPatchOp => ({ op: 'test', path: at(key), value: annotations[key] ?? '' }));
  // The map itself goes where it came with us and nobody else uses it.
  const whole = record.shape?.noAnnotations === true && Object.keys(annotations).length === ours.length;
  const removals = whole ? ['/metadata/annotations'] : ours.map(at);
  return [{ op: 'test', path: '/metadata/uid', value: record.item.uid }, ...tests, ...removals.map((path): JsonPatchOp => ({ op: 'remove', path }))];
}
