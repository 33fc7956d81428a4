import { workloadId, type KubeObject } from './kube-object.ts';
import type { Workload } from './workload.ts';

/**
 * Joins workloads with the ReplicaSets or ControllerRevisions and the pods below them, by controller owner uid (never by label selector: selectors
 * overlap). Pods that ended or are on their way out are left out.
 */
export function assembleWorkloads(owners: readonly KubeObject[], replicaSets: readonly KubeObject[], pods: readonly KubeObject[]): readonly Workload[] {
  const setsByOwner = groupByController(replicaSets);
  const podsByOwner = groupByController(pods.filter(isLive));
  return owners.map((object) => {
    const uid = object.metadata.uid ?? '';
    const owned = setsByOwner.get(uid) ?? [];
    const below = owned.flatMap((set) => podsByOwner.get(set.metadata.uid ?? '') ?? []);
    return {
      id: workloadId(object),
      namespace: object.metadata.namespace ?? '',
      kind: object.kind,
      name: object.metadata.name,
      uid,
      object,
      replicaSets: owned,
      pods: [...below, ...(podsByOwner.get(uid) ?? [])],
    };
  });
}

/** The uid of the object (of a kind, where one is given) that controls this one; undefined when nothing does. */
export function controllerUid(object: KubeObject, kind?: string): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true && (kind === undefined || owner.kind === kind))?.uid;
}

function groupByController(items: readonly KubeObject[]): ReadonlyMap<string, KubeObject[]> {
  const groups = new Map<string, KubeObject[]>();
  for (const item of items) {
    const uid = controllerUid(item);
    if (uid === undefined) continue;
    const group = groups.get(uid);
    if (group) group.push(item);
    else groups.set(uid, [item]);
  }
  return groups;
}

function isLive(pod: KubeObject): boolean {
  const status = pod['status'] as { phase?: string } | undefined;
  return pod.metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}
