import { imageOf, type Service } from './fleets.ts';
import type { SimulatedWorld } from '../../../src/adapters/simulated/simulated-world.ts';
import { controllerUid } from '../../../src/core/workload/assemble.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { JsonPatchOp } from '../../../src/core/workload/json-patch.ts';
import type { KubeObject } from '../../../src/core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../../../src/core/workload/pod-template.ts';
import type { Cluster, ObjectRef } from '../../../src/ports/cluster.ts';
import { resources, refTo } from '../../../src/app/resources.ts';

export const WRITERS = ['autoscaler', 'zero', 'zero-and-back', 'release', 'release-all', 'undo', 'delete', 'recreate', 'gitops', 'reloader', 'pause'] as const;
export type WriterKind = (typeof WRITERS)[number];

interface Scene {
  readonly world: SimulatedWorld;
  /** Attributed to the writer. */
  readonly cluster: Cluster;
  readonly service: Service;
}

/** What other programs and people do to a workload while we work on it, with the very requests they send. */
export async function writeAs(kind: WriterKind, scene: Scene): Promise<void> {
  const { cluster, service, world } = scene;
  const ref = refTo(resources.deployment, 'shop', service.name);
  const object = await cluster.get(ref);
  if (!object) return;
  switch (kind) {
    case 'autoscaler':
      return patch(cluster, ref, [{ op: 'replace', path: '/spec/replicas', value: service.replicas + 1 }]);
    case 'zero':
      return patch(cluster, ref, [{ op: 'replace', path: '/spec/replicas', value: 0 }]);
    case 'zero-and-back':
      await patch(cluster, ref, [{ op: 'replace', path: '/spec/replicas', value: 0 }]);
      return world.clock.after(30_000, () => void patch(cluster, ref, [{ op: 'replace', path: '/spec/replicas', value: service.replicas }]).catch(gone));
    case 'release':
      return patch(cluster, ref, [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: imageOf(service.name, '2') }]);
    case 'release-all':
      return patch(cluster, ref, [
        { op: 'replace', path: '/spec/template/spec/containers/0', value: { ...service.container, image: imageOf(service.name, '2') } },
      ]);
    case 'gitops':
      return patch(cluster, ref, [
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: imageOf(service.name) },
        { op: 'replace', path: '/spec/template/spec/containers/0/env', value: service.container['env'] as Json },
      ]);
    case 'reloader':
      return patch(cluster, ref, reloaderOps(object));
    case 'pause':
      return patch(cluster, ref, [{ op: 'add', path: '/spec/paused', value: true }]);
    case 'delete':
      return cluster.delete(ref);
    case 'recreate': {
      await cluster.delete(ref);
      const { status: _status, metadata, ...rest } = object;
      const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith('changeover.dev/') && !key.startsWith('deployment.'));
      await cluster.create({ ...rest, metadata: { name: metadata.name, namespace: 'shop', annotations: Object.fromEntries(own) } });
      return;
    }
    case 'undo':
      return undo(scene, ref, object);
  }
}

/** `kubectl rollout undo`: template and annotations of the second newest revision, without any test. */
async function undo({ cluster, world }: Scene, ref: ObjectRef, object: KubeObject): Promise<void> {
  const sets = world.store.list('apps/v1', 'ReplicaSet').filter((set) => controllerUid(set) === object.metadata.uid);
  const [, previous] = [...sets].sort((a, b) => revision(b) - revision(a));
  if (!previous || (object['spec'] as JsonObject)['paused'] === true) return;
  const template = podTemplate(previous);
  const metadata = template['metadata'] as JsonObject;
  const { 'pod-template-hash': _hash, ...labels } = metadata['labels'] as JsonObject;
  await patch(cluster, ref, [
    { op: 'replace', path: '/spec/template', value: { ...template, metadata: { ...metadata, labels } } },
    { op: 'replace', path: '/metadata/annotations', value: { ...previous.metadata.annotations } },
  ]);
}

function reloaderOps(object: KubeObject): readonly JsonPatchOp[] {
  const path = '/spec/template/spec/containers/0/env';
  const env = containers(podSpec(podTemplate(object)))[0]?.env ?? [];
  return [{ op: 'add', path: `${path}/${env.length}`, value: { name: 'STAKATER_CONFIG', value: 'f3a1' } }];
}

function revision(set: KubeObject): number {
  return Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

async function patch(cluster: Cluster, ref: ObjectRef, ops: readonly JsonPatchOp[]): Promise<void> {
  await cluster.patch(ref, ops);
}

function gone(): void {
  // The Deployment was deleted meanwhile.
}
