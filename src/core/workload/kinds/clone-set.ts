import { countOrShare, hasObserved, numberAt, valueAt } from './object-fields.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** apps.kruise.io/v1alpha1 CloneSet: a ControllerRevision per template; pods are made anew, or updated in place and keep their name and uid. */
export const cloneSet: WorkloadKind = {
  resource: { apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet', plural: 'clonesets', namespaced: true },
  revisions: 'ControllerRevision',
  wanted: (object) => numberAt(object, ['spec', 'replicas'], 1),
  updated: (object) => numberAt(object, ['status', 'updatedReplicas'], 0),
  observed: hasObserved,
  paused: isHeld,
  surge: (object) => countOrShare(valueAt(object, 'spec', 'updateStrategy', 'maxSurge'), numberAt(object, ['spec', 'replicas'], 1), 0),
  obstacle: (object) => (isHeld(object) ? { id: 'paused', params: { partition: valueAt(object, 'spec', 'updateStrategy', 'partition') ?? 0 } } : undefined),
};

/** Paused, or with a partition (pods or a share of them) that stays on the old template. */
function isHeld(object: Parameters<typeof numberAt>[0]): boolean {
  const strategy = ['spec', 'updateStrategy'] as const;
  return valueAt(object, ...strategy, 'paused') === true || countOrShare(valueAt(object, ...strategy, 'partition'), 100, 0) > 0;
}
