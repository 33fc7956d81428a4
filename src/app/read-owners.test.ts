import { describe, expect, it } from 'vitest';
import { openSimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import { simulatedWorld } from '../adapters/simulated/simulated-world.ts';
import { VirtualClock } from '../adapters/simulated/virtual-clock.ts';
import type { JsonObject } from '../core/json.ts';
import { assembleWorkloads } from '../core/workload/assemble.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { AccessQuery, Cluster } from '../ports/cluster.ts';
import { readOwners } from './read-owners.ts';

const selfHeal = { syncPolicy: { automated: { selfHeal: true } } };

describe('the owners of a fleet', () => {
  it("are judged by Argo CD's own objects, in the namespace the mark names or in argocd, each read once", async () => {
    const cluster = await openCluster([
      sync('argoproj.io/v1alpha1', 'Application', { namespace: 'argocd', name: 'shop', spec: selfHeal }),
      sync('argoproj.io/v1alpha1', 'Application', { namespace: 'team-a', name: 'pay', spec: {} }),
    ]);
    const asked: string[] = [];
    const counting: Cluster = { ...cluster, get: async (ref, signal) => (asked.push(ref.name), cluster.get(ref, signal)) };

    const owners = await readOwners(counting, [argo('orders', 'shop'), argo('cart', 'shop'), argo('pay', 'team-a_pay')]);

    expect([...owners.values()].map((owner) => owner.because)).toEqual(['self-heal', 'self-heal', 'manual-sync']);
    expect(asked).toEqual(['shop', 'pay']);
  });

  it("are judged by Flux's own objects, also of an older version", async () => {
    const cluster = await openCluster([
      sync('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', { namespace: 'flux', name: 'apps', spec: { suspend: true } }),
      sync('helm.toolkit.fluxcd.io/v2beta2', 'HelmRelease', { namespace: 'flux', name: 'pay', spec: {} }),
    ]);

    const owners = await readOwners(cluster, [flux('orders', 'kustomize', 'apps'), flux('pay', 'helm', 'pay')]);

    expect([...owners.values()].map((owner) => owner.because)).toEqual(['suspended', 'no-drift-correction']);
  });

  it('say so where their objects are not there, or not ours to read; nothing fails', async () => {
    const none = await openCluster([]);
    const denied = await openCluster([], (query) => query.resource === 'applications');

    const absent = await readOwners(none, [argo('orders', 'shop')]);
    const hidden = await readOwners(denied, [argo('orders', 'shop')]);

    expect([...absent.values(), ...hidden.values()]).toMatchObject([
      { reverts: 'unknown', because: 'sync-object-absent' },
      { reverts: 'unknown', because: 'sync-object-denied' },
    ]);
  });
});

async function openCluster(objects: readonly KubeObject[], denies?: (query: AccessQuery) => boolean): Promise<Cluster> {
  const world = simulatedWorld({ clock: new VirtualClock(), registry: openSimulatedRegistry(), scripts: () => ({}) });
  for (const name of ['argocd', 'team-a', 'flux']) await world.connect().create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const object of objects) await world.connect().create(object);
  return world.connect(denies ? { denies } : {});
}

function argo(name: string, application: string): Workload {
  return workload(name, { annotations: { 'argocd.argoproj.io/tracking-id': `${application}:apps/Deployment:shop/${name}` } });
}

function flux(name: string, by: string, owner: string): Workload {
  return workload(name, { labels: { [`${by}.toolkit.fluxcd.io/name`]: owner, [`${by}.toolkit.fluxcd.io/namespace`]: 'flux' } });
}

function workload(name: string, metadata: Omit<KubeObject['metadata'], 'name'>): Workload {
  const [made] = assembleWorkloads([{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop', uid: name, ...metadata } }], [], []);
  if (!made) throw new Error('no workload');
  return made;
}

function sync(
  apiVersion: string,
  kind: string,
  { namespace, name, spec }: { readonly namespace: string; readonly name: string; readonly spec: JsonObject },
): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}
