import { countOrShare, hasObserved, numberAt, valueAt } from './object-fields.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** apps/v1 Deployment: a ReplicaSet per template. */
export const deployment: WorkloadKind = {
  resource: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  revisions: 'ReplicaSet',
  wanted: (object) => numberAt(object, ['spec', 'replicas'], 1),
  updated: (object) => numberAt(object, ['status', 'updatedReplicas'], 0),
  observed: hasObserved,
  paused: (object) => valueAt(object, 'spec', 'paused') === true,
  surge: (object) =>
    valueAt(object, 'spec', 'strategy', 'type') === 'Recreate'
      ? 0
      : countOrShare(valueAt(object, 'spec', 'strategy', 'rollingUpdate', 'maxSurge'), numberAt(object, ['spec', 'replicas'], 1), '25%'),
  obstacle: (object) => (valueAt(object, 'spec', 'paused') === true ? { id: 'paused', params: {} } : undefined),
};
