import { describe, expect, it } from 'vitest';
import { item, record } from '../../test/builders/rollout.ts';
import { INTENT } from '../core/rollout/marker.ts';
import type { OwnerReference, KubeObject } from '../core/workload/kube-object.ts';
import type { Cluster, ListQuery } from '../ports/cluster.ts';
import { observe } from './observe.ts';

const owner: OwnerReference = { apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet', name: 'web', uid: 'uid-web', controller: true };
const template = { metadata: { annotations: { [INTENT]: 'r.1' } }, spec: { containers: [] } };
const web = record('web', { state: 'ROLLING', item: item('web', { id: 'shop/CloneSet/web' }) });

const cloneSet: KubeObject = {
  apiVersion: owner.apiVersion,
  kind: 'CloneSet',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web' },
  spec: { selector: { matchLabels: { app: 'web' } }, template },
};
const revision: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name: 'web-2', namespace: 'shop', uid: 'rev', ownerReferences: [owner] },
  data: { spec: { template } },
  revision: 2,
};

function updatedInPlace(imageID: string): KubeObject {
  const state = { updateTimestamp: '2026-03-02T12:00:00Z', lastContainerStatuses: { web: { imageID: 'old' } } };
  const lastState = { terminated: { exitCode: 143, startedAt: '2026-03-01T00:00:00Z' } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-x',
      namespace: 'shop',
      uid: 'pod',
      labels: { app: 'web', 'controller-revision-hash': 'web-2' },
      annotations: { 'apps.kruise.io/inplace-update-state': JSON.stringify(state) },
      ownerReferences: [owner],
    },
    status: { phase: 'Running', containerStatuses: [{ name: 'web', restartCount: 1, imageID, lastState }] },
  };
}

function clusterWith(pod: KubeObject): Cluster {
  const list = async ({ resource }: ListQuery): Promise<readonly KubeObject[]> => (resource.kind === 'Pod' ? [pod] : [revision]);
  return { get: async () => cloneSet, list } as unknown as Cluster;
}

describe('what is seen of a pod that is updated in place', () => {
  const look = (pod: KubeObject): ReturnType<typeof observe> =>
    observe({ cluster: clusterWith(pod), clock: { now: () => 0 } as never }, web, { proofOf: undefined });

  it('is an old pod until its container runs the new image', async () => {
    const seen = await look(updatedInPlace('old'));

    expect(seen).toMatchObject({ intentSet: { metadata: { name: 'web-2' } }, newPods: [], oldPods: [{ name: 'web-x' }] });
  });

  it('is a new pod from then on, without the restart that brought the image', async () => {
    const seen = await look(updatedInPlace('new'));

    expect(seen).toMatchObject({ newPods: [{ name: 'web-x', containers: [{ restarts: 0 }] }], oldPods: [] });
  });
});
