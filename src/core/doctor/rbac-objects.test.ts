import { describe, expect, it } from 'vitest';
import { rightsFor, type FleetScope } from './permissions.ts';
import { rbacObjects } from './rbac-objects.ts';

const shop: FleetScope = { namespaces: ['shop'], byLabel: false, stateNamespace: 'changeover' };

describe('the rights of a task', () => {
  it('to plan are reads only, and none in the state namespace', () => {
    const rights = rightsFor('plan', shop);

    expect(new Set(rights.flatMap((right) => right.verbs))).toEqual(new Set(['get', 'list']));
    expect(rights.filter((right) => right.namespace === 'changeover')).toEqual([]);
  });

  it('to look for drift are reads only, in the state namespace too', () => {
    const rights = rightsFor('drift', shop);

    expect(new Set(rights.flatMap((right) => right.verbs))).toEqual(new Set(['get', 'list']));
    expect(rights.some((right) => right.namespace === 'changeover')).toBe(true);
  });

  it('never include Secrets, anything by wildcard, or deletion of more than pods', () => {
    for (const namespaces of [['shop'], 'all'] as const) {
      const rights = rightsFor('apply', { ...shop, namespaces, byLabel: true, traces: 'observability/jaeger:16686' });

      expect(rights.map((right) => right.resource)).not.toContain('secrets');
      expect(rights.flatMap((right) => [right.group, right.resource, ...right.verbs])).not.toContain('*');
      expect(rights.filter((right) => right.verbs.includes('delete')).every((right) => right.resource === 'pods')).toBe(true);
    }
  });

  it('reach the kinds that the policy selects and no others, and delete pods only for StatefulSets', () => {
    const verbsOn = (resource: string, kinds: readonly string[]): readonly string[] =>
      rightsFor('apply', { ...shop, kinds }).flatMap((right) => (right.resource === resource ? right.verbs : []));

    expect(verbsOn('statefulsets', ['StatefulSet'])).toEqual(['list', 'get', 'patch']);
    expect(verbsOn('controllerrevisions', ['StatefulSet', 'DaemonSet'])).toEqual(['list']);
    expect(verbsOn('deployments', ['StatefulSet'])).toEqual([]);
    const frees = (kinds: readonly string[]): boolean => rightsFor('apply', { ...shop, kinds }).some((right) => right.why === 'free-rollbacks');
    expect([frees(['StatefulSet']), frees(['Deployment', 'DaemonSet', 'CronJob'])]).toEqual([true, false]);
    expect(rightsFor('plan', { ...shop, kinds: ['StatefulSet'] }).flatMap((right) => right.verbs)).not.toContain('delete');
    expect(verbsOn('cronjobs', ['CronJob'])).toEqual(['list', 'get', 'patch']);
  });

  it('include the trace store by its exact name, only where it is reached through the API server', () => {
    const withTraces = rightsFor('apply', { ...shop, traces: 'observability/jaeger:16686' });

    expect(withTraces).toContainEqual(
      expect.objectContaining({ namespace: 'observability', resource: 'services', subresource: 'proxy', names: ['jaeger:16686'], verbs: ['get'] }),
    );
    expect(rightsFor('apply', shop).some((right) => right.resource === 'services')).toBe(false);
  });

  it('include listing namespaces only where the policy selects them by label', () => {
    const lists = (scope: FleetScope): boolean => rightsFor('apply', scope).some((right) => right.resource === 'namespaces' && right.verbs.includes('list'));

    expect(lists({ ...shop, namespaces: 'all', byLabel: true })).toBe(true);
    expect(lists({ ...shop, namespaces: 'all' })).toBe(false);
  });
});

describe('the objects that grant them', () => {
  it('are a Role per namespace for named ones, and a ClusterRole that reaches single Namespaces, and what GitOps controllers are told to do', () => {
    const objects = rbacObjects('apply', { ...shop, namespaces: ['shop', 'web'] });

    const places = objects.filter((object) => object.kind === 'Role').map((object) => object.metadata.namespace);
    expect(places).toEqual(['shop', 'web', 'changeover']);
    expect(objects.find((object) => object.kind === 'ClusterRole')?.['rules']).toEqual([
      { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system', 'changeover', 'shop', 'web'], verbs: ['get'] },
      { apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get'] },
      { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: ['get'] },
      { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: ['get'] },
    ]);
  });

  it('are one ClusterRole for a fleet in all namespaces, beside the Role for the records', () => {
    const objects = rbacObjects('apply', { ...shop, namespaces: 'all' });

    expect(objects.filter((object) => object.kind === 'Role').map((object) => object.metadata.namespace)).toEqual(['changeover']);
    expect(JSON.stringify(objects.find((object) => object.kind === 'ClusterRole')?.['rules'])).toContain('"deployments"');
  });

  it('have one rule for all verbs on a resource, also where the fleet shares the namespace of the records', () => {
    const objects = rbacObjects('apply', { ...shop, namespaces: ['changeover'] });

    const roles = objects.filter((object) => object.kind === 'Role');
    expect(roles).toHaveLength(1);
    expect(roles[0]?.['rules']).toContainEqual({ apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get', 'list', 'update'] });
  });

  it('stand side by side for other tasks and other state namespaces', () => {
    const names = (['plan', 'apply', 'drift'] as const).flatMap((task) =>
      ['changeover', 'other'].map(
        (stateNamespace) => rbacObjects(task, { ...shop, stateNamespace }).find((object) => object.kind === 'ClusterRole')?.metadata.name,
      ),
    );

    expect(new Set(names).size).toBe(6);
  });
});
