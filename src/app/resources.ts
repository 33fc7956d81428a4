import { ChangeoverError } from '../core/error.ts';
import { findKind, workloadKinds } from '../core/workload/kinds/kind-of.ts';
import type { RevisionKind } from '../core/workload/kinds/workload-kind.ts';
import type { ObjectRef, Resource } from '../ports/cluster.ts';

/** The kinds we read and write; those of workloads are in core/workload/kinds. */
export const resources = {
  namespace: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  replicaSet: { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true },
  controllerRevision: { apiVersion: 'apps/v1', kind: 'ControllerRevision', plural: 'controllerrevisions', namespaced: true },
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

/** Reference to the workload `namespace/Kind/name` of a plan or record. Errors: `unsupported` for a kind we do not know. */
export function workloadRef(id: string): ObjectRef {
  const [namespace = '', kind = '', name = ''] = id.split('/');
  const known = findKind(kind);
  if (known) return { resource: known.resource, namespace, name };
  const hint = `Kinds of this version: ${workloadKinds.map(({ resource }) => resource.kind).join(', ')}.`;
  throw new ChangeoverError('unsupported', `${kind} is not a kind of workload that this version knows`, { target: id, hint });
}

/** What keeps the templates of a kind; undefined where nothing does. */
export function revisionResource(kind: RevisionKind): Resource | undefined {
  if (kind === 'none') return undefined;
  return kind === 'ReplicaSet' ? resources.replicaSet : resources.controllerRevision;
}
