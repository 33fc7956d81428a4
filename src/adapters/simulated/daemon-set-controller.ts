import { createHash } from 'node:crypto';
import { controllerUid } from '../../core/workload/assemble.ts';
import { countOrShare } from '../../core/workload/kinds/object-fields.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podTemplate } from '../../core/workload/pod-template.ts';
import { member, sameJson, specOf, text } from './object-parts.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import { createOwnedPod, isActive, ownedPods, readySince, type PodMakerOptions } from './owned-pods.ts';
import { currentRevision, REVISION_HASH } from './revision-history.ts';
import { workQueue } from './work-queue.ts';

/**
 * The DaemonSet controller's rules (kubernetes pkg/controller/daemon): a pod on every Node, at most `maxUnavailable` nodes
 * without one that is Ready, or with `maxSurge` the new pod beside the old one first. An old pod that is not Ready goes at
 * once, so that no bad pod holds up a way back.
 */
export function runDaemonSetController(options: PodMakerOptions): void {
  const { store, clock } = options;
  const enqueue = workQueue(clock, 50, (uid) => {
    const set = store.list('apps/v1', 'DaemonSet').find((each) => each.metadata.uid === uid);
    if (set) reconcile(set, options);
    else for (const pod of ownedPods(store, uid)) store.markDeleted(pod);
  });
  store.subscribe(({ object }) => {
    if (object.kind === 'DaemonSet' && object.metadata.uid !== undefined) enqueue(object.metadata.uid);
    if (object.kind === 'Node') for (const set of store.list('apps/v1', 'DaemonSet')) enqueue(set.metadata.uid ?? '');
    const owner = object.kind === 'Pod' ? controllerUid(object, 'DaemonSet') : undefined;
    if (owner !== undefined) enqueue(owner);
  });
}

interface NodePods {
  readonly node: string;
  readonly old: readonly KubeObject[];
  readonly fresh: readonly KubeObject[];
}

function reconcile(set: KubeObject, options: PodMakerOptions): void {
  const { store } = options;
  const revision = currentRevision(store, set);
  const hash = revision.metadata.labels?.[REVISION_HASH] ?? '';
  const nodes = store.list('v1', 'Node').map((each) => each.metadata.name);
  const all = ownedPods(store, set.metadata.uid ?? '');
  for (const pod of all) if (!nodes.includes(text(specOf(pod)['nodeName']))) store.markDeleted(pod);
  const places = nodes.map((node): NodePods => {
    const pods = all.filter((pod) => isActive(pod) && specOf(pod)['nodeName'] === node);
    const isFresh = (pod: KubeObject): boolean => pod.metadata.labels?.[REVISION_HASH] === hash;
    return { node, old: pods.filter((pod) => !isFresh(pod)), fresh: pods.filter(isFresh) };
  });
  const make = (node: string): void => {
    const name = `${set.metadata.name}-${createHash('sha256').update(`${node} ${store.version}`).digest('hex').slice(0, 5)}`;
    createOwnedPod(set, options, { name, template: podTemplate(set), labels: { [REVISION_HASH]: hash }, spec: { nodeName: node } });
  };
  for (const { node, old, fresh } of places) if (old.length + fresh.length === 0) make(node);
  if (member(specOf(set), 'updateStrategy')['type'] !== 'OnDelete') replace(set, places, { store, make });
  publish(set, hash, { store, nodes: nodes.length });
}

function replace(set: KubeObject, places: readonly NodePods[], { store, make }: { readonly store: ObjectStore; readonly make: (node: string) => void }): void {
  const rolling = member(member(specOf(set), 'updateStrategy'), 'rollingUpdate');
  const surge = countOrShare(rolling['maxSurge'], places.length, 0);
  const stale = places.filter(({ old }) => old.length > 0);
  for (const { old } of stale.filter((each) => each.fresh.some(isReady) || !each.old.some(isReady))) for (const pod of old) store.markDeleted(pod);
  const sound = stale.filter((each) => each.fresh.length === 0 && each.old.some(isReady));
  if (surge > 0) {
    const surging = stale.filter(({ fresh }) => fresh.length > 0).length;
    for (const { node } of sound.slice(0, Math.max(0, surge - surging))) make(node);
    return;
  }
  const without = places.filter(({ old, fresh }) => ![...old, ...fresh].some(isReady)).length;
  const free = Math.max(0, countOrShare(rolling['maxUnavailable'], places.length, 1) - without);
  for (const { old } of sound.slice(0, free)) for (const pod of old) store.markDeleted(pod);
}

function publish(set: KubeObject, hash: string, { store, nodes }: { readonly store: ObjectStore; readonly nodes: number }): void {
  const live = store.get(keyOf(set));
  if (!live) return;
  const pods = ownedPods(store, set.metadata.uid ?? '').filter(isActive);
  const places = (some: readonly KubeObject[]): number => new Set(some.map((pod) => text(specOf(pod)['nodeName']))).size;
  const ready = places(pods.filter(isReady));
  const status = {
    observedGeneration: set.metadata.generation ?? 1,
    desiredNumberScheduled: nodes,
    currentNumberScheduled: places(pods),
    updatedNumberScheduled: places(pods.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === hash)),
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: nodes - ready,
    numberMisscheduled: 0,
  };
  if (!sameJson(status, live['status'])) store.updateStatus(live, { ...live, status });
}

function isReady(pod: KubeObject): boolean {
  return readySince(pod) !== undefined;
}
