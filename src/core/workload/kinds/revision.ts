import { controllerUid } from '../assemble.ts';
import type { KubeObject } from '../kube-object.ts';

const HASH = 'controller-revision-hash';

/**
 * Whether a pod was made from the template a revision keeps: a ReplicaSet owns its pods; of a ControllerRevision the pods
 * of the same owner carry the name (StatefulSet, CloneSet) or its hash (DaemonSet) as a label.
 */
export function isPodOf(pod: KubeObject, revision: KubeObject): boolean {
  if (revision.kind !== 'ControllerRevision') return controllerUid(pod) === revision.metadata.uid;
  const label = pod.metadata.labels?.[HASH];
  const sameOwner = controllerUid(pod) !== undefined && controllerUid(pod) === controllerUid(revision);
  if (!sameOwner || label === undefined) return false;
  // A CloneSet's pods carry what follows the last dash, where it is told to keep labels short.
  return [revision.metadata.name, revision.metadata.name.slice(revision.metadata.name.lastIndexOf('-') + 1), revision.metadata.labels?.[HASH]].includes(label);
}

/** Its number in the order in which the owner's templates came to be current; higher is newer. */
export function revisionNumber(revision: KubeObject): number {
  if (typeof revision['revision'] === 'number') return revision['revision'];
  const { annotations = {} } = revision.metadata;
  return Number(annotations['deployment.kubernetes.io/revision'] ?? annotations['rollout.argoproj.io/revision'] ?? 0);
}
