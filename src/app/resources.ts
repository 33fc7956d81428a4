import type { ObjectRef, Resource } from '../ports/cluster.ts';

/** The kinds we read and write. */
export const resources = {
  namespace: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  replicaSet: { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true },
  pod: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
  configMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  secret: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  event: { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true },
  lease: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases', namespaced: true },
} as const satisfies Record<string, Resource>;

/** Reference to a namespaced object. */
export function refTo(resource: Resource, namespace: string, name: string): ObjectRef {
  return { resource, namespace, name };
}

/** Reference to the workload `namespace/Kind/name` of a plan (Deployments, for now). */
export function workloadRef(id: string): ObjectRef {
  const [namespace = '', , name = ''] = id.split('/');
  return { resource: resources.deployment, namespace, name };
}
