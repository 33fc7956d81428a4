import { countOrShare, hasObserved, numberAt, valueAt } from './object-fields.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** apps/v1 DaemonSet: a pod per node that fits; nodes come and go, and the number of pods with them. */
export const daemonSet: WorkloadKind = {
  resource: { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets', namespaced: true },
  revisions: 'ControllerRevision',
  wanted: (object) => numberAt(object, ['status', 'desiredNumberScheduled'], 0),
  updated: (object) => numberAt(object, ['status', 'updatedNumberScheduled'], 0),
  observed: hasObserved,
  paused: () => false,
  surge: (object) =>
    countOrShare(valueAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'maxSurge'), numberAt(object, ['status', 'desiredNumberScheduled'], 0), 0),
  obstacle: (object) => (valueAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete' ? { id: 'deferred', params: { because: 'on-delete' } } : undefined),
};
