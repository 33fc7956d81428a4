import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { controllerUid } from '../../core/workload/assemble.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podTemplate } from '../../core/workload/pod-template.ts';
import { conditionOf, number, sameJson, specOf, text } from './object-parts.ts';
import { keyOf, seconds, type ObjectStore } from './object-store.ts';
import { createOwnedPod, isActive, ownedPods, readySince, type PodMakerOptions } from './owned-pods.ts';
import { workQueue } from './work-queue.ts';

/** Keeps as many pods as each ReplicaSet wants, and its status true. */
export function runReplicaSetController(options: PodMakerOptions): void {
  const { store, clock } = options;
  const enqueue = workQueue(clock, 20, (uid) => {
    const set = store.list('apps/v1', 'ReplicaSet').find((each) => each.metadata.uid === uid);
    if (set) reconcile(set, options, enqueue);
    else for (const pod of ownedPods(store, uid)) store.markDeleted(pod);
  });
  store.subscribe(({ object }) => {
    if (object.kind === 'ReplicaSet' && object.metadata.uid !== undefined) enqueue(object.metadata.uid);
    const owner = object.kind === 'Pod' ? controllerUid(object, 'ReplicaSet') : undefined;
    if (owner !== undefined) enqueue(owner);
  });
}

function reconcile(set: KubeObject, options: PodMakerOptions, enqueue: (uid: string, afterMs: number) => void): void {
  const { store } = options;
  const uid = set.metadata.uid ?? '';
  const wanted = number(specOf(set)['replicas'], 1);
  const active = ownedPods(store, uid).filter(isActive);
  let refusal: string | undefined;
  for (let missing = wanted - active.length; missing > 0 && refusal === undefined; missing -= 1) refusal = createPod(set, options);
  for (const pod of [...active].sort(byExpendability).slice(0, Math.max(0, active.length - wanted))) store.markDeleted(pod);
  const waits = publishStatus(set, { options, refusal });
  if (waits !== undefined) enqueue(uid, waits);
  if (refusal !== undefined) enqueue(uid, 10_000);
}

function createPod(set: KubeObject, options: PodMakerOptions): string | undefined {
  return createOwnedPod(set, options, { name: podName(set, options.store), template: podTemplate(set) });
}

/** Writes the status; returns after how many milliseconds a Ready pod becomes available (minReadySeconds). */
function publishStatus(set: KubeObject, context: { readonly options: PodMakerOptions; readonly refusal: string | undefined }): number | undefined {
  const { store, clock } = context.options;
  const current = store.get(keyOf(set));
  if (!current) return undefined;
  const minReadyMs = number(specOf(set)['minReadySeconds']) * 1000;
  const pods = ownedPods(store, set.metadata.uid ?? '').filter(isActive);
  const ready = pods.filter((pod) => readySince(pod) !== undefined);
  const waits = ready.map((pod) => (readySince(pod) ?? 0) + minReadyMs - clock.now()).filter((left) => minReadyMs > 0 && left > 0);
  const now = seconds(clock.now());
  const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: context.refusal ?? '', lastTransitionTime: now };
  const status = {
    observedGeneration: current.metadata.generation ?? 1,
    replicas: pods.length,
    fullyLabeledReplicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.length - waits.length,
    ...(context.refusal === undefined ? {} : { conditions: [keepTransition(current, failure)] }),
  };
  if (!sameJson(current['status'], status)) store.updateStatus(current, { ...current, status });
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** The condition with its old transition time, where its status is the same as before. */
export function keepTransition(object: KubeObject, condition: JsonObject): JsonObject {
  const old = conditionOf(object, text(condition['type']));
  return old?.['status'] === condition['status'] ? { ...condition, lastTransitionTime: old?.['lastTransitionTime'] } : condition;
}

/** Pods that are not Ready are given up first, then the youngest. */
function byExpendability(a: KubeObject, b: KubeObject): number {
  const ready = Number(readySince(a) !== undefined) - Number(readySince(b) !== undefined);
  return ready !== 0 ? ready : (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '');
}

/** The set's name with five characters that no pod of it ever had; the same world gives the same names. */
function podName(set: KubeObject, store: ObjectStore): string {
  const suffix = createHash('sha256').update(`${set.metadata.name} ${store.version}`).digest('hex').slice(0, 5);
  return `${set.metadata.name}-${suffix}`;
}
