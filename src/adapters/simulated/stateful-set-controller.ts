import { controllerUid } from '../../core/workload/assemble.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podTemplate } from '../../core/workload/pod-template.ts';
import { member, number, sameJson, specOf, statusOf, text } from './object-parts.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import { createOwnedPod, isActive, ownedPods, readySince, type PodMakerOptions } from './owned-pods.ts';
import { currentRevision, ownedRevisions, REVISION_HASH } from './revision-history.ts';
import { workQueue } from './work-queue.ts';

/**
 * The StatefulSet controller's rules (kubernetes pkg/controller/statefulset): one pod per ordinal, made and, with
 * `OrderedReady`, waited for in order; replaced from the highest ordinal down to the partition. A pod that does not become
 * Ready stops everything after it, also the way back to a template that would start.
 */
export function runStatefulSetController(options: PodMakerOptions): void {
  const { store, clock } = options;
  const enqueue = workQueue(clock, 50, (uid) => {
    const set = store.list('apps/v1', 'StatefulSet').find((each) => each.metadata.uid === uid);
    if (set) reconcile(set, options);
    else for (const pod of ownedPods(store, uid)) store.markDeleted(pod);
  });
  store.subscribe(({ object }) => {
    if (object.kind === 'StatefulSet' && object.metadata.uid !== undefined) enqueue(object.metadata.uid);
    const owner = object.kind === 'Pod' ? controllerUid(object, 'StatefulSet') : undefined;
    if (owner !== undefined) enqueue(owner);
  });
}

interface Revisions {
  readonly current: KubeObject;
  readonly update: KubeObject;
}

function reconcile(set: KubeObject, options: PodMakerOptions): void {
  const { store } = options;
  const update = currentRevision(store, set);
  const named = text(statusOf(set)['currentRevision']);
  const current = ownedRevisions(store, set).find((each) => each.metadata.name === named) ?? update;
  if (keepOrdinals(set, { current, update }, options)) replaceOne(set, update, store);
  publish(set, { current, update }, store);
}

/** Makes missing pods and removes those beyond `replicas`; true once the rollout may go on. */
function keepOrdinals(set: KubeObject, revisions: Revisions, options: PodMakerOptions): boolean {
  const { store } = options;
  const ordered = specOf(set)['podManagementPolicy'] !== 'Parallel';
  const replicas = number(specOf(set)['replicas'], 1);
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
    const pod = podAt(store, set, ordinal);
    if (!pod) {
      const revision = ordinal >= partitionOf(set) ? revisions.update : revisions.current;
      const name = `${set.metadata.name}-${ordinal}`;
      const labels = { [REVISION_HASH]: revision.metadata.name, 'statefulset.kubernetes.io/pod-name': name };
      createOwnedPod(set, options, { name, template: podTemplate(revision), labels });
    }
    if (ordered && (!pod || !isHealthy(pod))) return false;
  }
  const surplus = ownedPods(store, set.metadata.uid ?? '').filter((pod) => ordinalOf(pod) >= replicas);
  for (const pod of surplus.sort((a, b) => ordinalOf(b) - ordinalOf(a)).slice(0, ordered ? 1 : undefined)) store.markDeleted(pod);
  return surplus.length === 0;
}

function replaceOne(set: KubeObject, update: KubeObject, store: ObjectStore): void {
  if (member(specOf(set), 'updateStrategy')['type'] === 'OnDelete') return;
  for (let ordinal = number(specOf(set)['replicas'], 1) - 1; ordinal >= partitionOf(set); ordinal -= 1) {
    const pod = podAt(store, set, ordinal);
    if (!pod) return;
    if (isActive(pod) && pod.metadata.labels?.[REVISION_HASH] !== update.metadata.name) return void store.markDeleted(pod);
    if (!isHealthy(pod)) return;
  }
}

function publish(set: KubeObject, { current, update }: Revisions, store: ObjectStore): void {
  const live = store.get(keyOf(set));
  if (!live) return;
  const pods = ownedPods(store, set.metadata.uid ?? '').filter(isActive);
  const ready = pods.filter(isHealthy).length;
  const of = (revision: KubeObject): number => pods.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === revision.metadata.name).length;
  const wanted = number(specOf(live)['replicas'], 1);
  const done = of(update) === wanted && ready === wanted;
  const status = {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    currentReplicas: of(done ? update : current),
    updatedReplicas: of(update),
    currentRevision: (done ? update : current).metadata.name,
    updateRevision: update.metadata.name,
  };
  if (!sameJson(status, live['status'])) store.updateStatus(live, { ...live, status });
}

function podAt(store: ObjectStore, set: KubeObject, ordinal: number): KubeObject | undefined {
  const pod = store.get({ apiVersion: 'v1', kind: 'Pod', namespace: set.metadata.namespace ?? '', name: `${set.metadata.name}-${ordinal}` });
  return pod && controllerUid(pod) === set.metadata.uid ? pod : undefined;
}

function ordinalOf(pod: KubeObject): number {
  return Number(/[0-9]+$/.exec(pod.metadata.name)?.[0] ?? 0);
}

function partitionOf(set: KubeObject): number {
  return number(member(member(specOf(set), 'updateStrategy'), 'rollingUpdate')['partition']);
}

function isHealthy(pod: KubeObject): boolean {
  return isActive(pod) && readySince(pod) !== undefined;
}
