import type { Edit } from '../workload/edit.ts';
import { forwardOps } from '../workload/edit-patch.ts';
import type { JsonPatchOp } from '../workload/json-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { podSpec, podTemplate, templateAnnotations, templateLabels } from '../workload/pod-template.ts';
import { addIntent, readShape, uidTest } from './patches.ts';

/** The change as it will be sent, but for the marker, which needs a claim first. */
export function forwardDryRun(object: KubeObject, edits: readonly Edit[], intent: string): readonly JsonPatchOp[] {
  return [uidTest(object), ...forwardOps(object, edits), ...addIntent(object, intent, readShape(object, edits))];
}

/** What the way back will write, onto an object that still has it: only admission and validation can have a say. */
export function inverseDryRun(object: KubeObject, edits: readonly Edit[]): readonly JsonPatchOp[] {
  return [uidTest(object), ...forwardOps(object, restored(edits))];
}

/** The edits that leave every field as it was before us. */
function restored(edits: readonly Edit[]): readonly Edit[] {
  return edits.flatMap((edit): readonly Edit[] => {
    if (edit.kind === 'image') return [{ ...edit, after: edit.before }];
    if (edit.kind === 'args') return [{ ...edit, after: edit.before, list: { ...edit.list, after: edit.list.before } }];
    return edit.before === null ? [] : [{ ...edit, after: edit.before }];
  });
}

/** A pod as the workload's controller would make it from its template, but without an owner and its labels. */
export function podOfTemplate(object: KubeObject): KubeObject {
  const template = podTemplate(object);
  const annotations = templateAnnotations(template);
  const { name, namespace } = object.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name.slice(0, 200)}-changeover-dry-run`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: templateLabels(template),
      ...(annotations ? { annotations } : {}),
    },
    spec: podSpec(template),
  };
}
