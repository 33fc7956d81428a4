import { hasObserved, numberAt, valueAt } from './object-fields.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** apps/v1 StatefulSet: pods by ordinal, a ControllerRevision per template, replaced from the highest ordinal down. */
export const statefulSet: WorkloadKind = {
  resource: { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true },
  revisions: 'ControllerRevision',
  wanted: (object) => numberAt(object, ['spec', 'replicas'], 1),
  updated: (object) => numberAt(object, ['status', 'updatedReplicas'], 0),
  observed: hasObserved,
  // A partition set after our change keeps the lower ordinals on the old template.
  paused: (object) => partitionOf(object) > 0,
  surge: () => 0,
  obstacle: (object) => {
    if (valueAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return { id: 'deferred', params: { because: 'on-delete' } };
    return partitionOf(object) > 0 ? { id: 'paused', params: { partition: partitionOf(object) } } : undefined;
  },
  // kubernetes/kubernetes#67250: with OrderedReady nothing goes on while a pod is not Ready, also not the way back.
  waitsForBadPods: (object) => valueAt(object, 'spec', 'podManagementPolicy') !== 'Parallel',
};

function partitionOf(object: Parameters<typeof numberAt>[0]): number {
  return numberAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'], 0);
}
