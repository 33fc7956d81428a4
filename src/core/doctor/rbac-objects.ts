import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { rightsFor, type FleetScope, type Right, type Task } from './permissions.ts';

/** Name of the ServiceAccount a task runs as, in the state namespace. */
export function accountOf(task: Task): string {
  return task === 'apply' ? 'changeover' : `changeover-${task}`;
}

/**
 * What an administrator applies so that a task can run with exactly the rights it needs: the state namespace, a
 * ServiceAccount, a Role with its binding in each namespace, and a ClusterRole for what has no namespace.
 */
export function rbacObjects(task: Task, scope: FleetScope): readonly KubeObject[] {
  const { stateNamespace } = scope;
  const places = Map.groupBy(rightsFor(task, scope), (right) => right.namespace);
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: stateNamespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: accountOf(task), namespace: stateNamespace } },
    ...[...places].flatMap(([namespace, rights]) => grant(task, stateNamespace, { namespace, rights })),
  ];
}

/** Named after state namespace and task, so that several can stand side by side. */
function grant(
  task: Task,
  stateNamespace: string,
  { namespace, rights }: { readonly namespace: string | undefined; readonly rights: readonly Right[] },
): readonly KubeObject[] {
  const name = `${stateNamespace}-${task}`;
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const [role, binding] = namespace === undefined ? ['ClusterRole', 'ClusterRoleBinding'] : ['Role', 'RoleBinding'];
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: `${apiGroup}/v1`, kind: role, metadata, rules: rulesOf(rights) },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: binding,
      metadata,
      roleRef: { apiGroup, kind: role, name },
      subjects: [{ kind: 'ServiceAccount', name: accountOf(task), namespace: stateNamespace }],
    },
  ];
}

/** One rule for all verbs on a resource. */
function rulesOf(rights: readonly Right[]): readonly JsonObject[] {
  const groups = Map.groupBy(rights, ({ group, resource, subresource, names }) => JSON.stringify([group, resource, subresource, names]));
  return [...groups.values()].flatMap((same) => {
    const [right] = same;
    if (!right) return [];
    const { group, resource, subresource, names } = right;
    const verbs = [...new Set(same.flatMap((each) => each.verbs))].sort((a, b) => (a < b ? -1 : 1));
    const resources = [subresource === undefined ? resource : `${resource}/${subresource}`];
    return [{ apiGroups: [group], resources, ...(names === undefined ? {} : { resourceNames: names }), verbs }];
  });
}
