import type { JsonObject } from '../../core/json.ts';
import { controllerUid } from '../../core/workload/assemble.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podSpec, templateAnnotations, templateLabels } from '../../core/workload/pod-template.ts';
import { conditionOf, statusOf, text } from './object-parts.ts';
import type { ObjectStore } from './object-store.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What every controller that makes pods needs. */
export interface PodMakerOptions {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  /** Why the API server takes no pod from this template (quota, webhook); undefined = it does. */
  readonly refusePod: (pod: KubeObject) => string | undefined;
  /** What admission webhooks add to a pod. */
  readonly mutatePod: (pod: KubeObject) => KubeObject;
}

/** A pod to be made: labels and members of its spec besides the template's. */
export interface NewPod {
  readonly name: string;
  readonly template: JsonObject;
  readonly labels?: { readonly [key: string]: string };
  readonly spec?: JsonObject;
}

/** Creates a pod below its owner, as admission lets it; returns why the API server takes none. */
export function createOwnedPod(owner: KubeObject, options: PodMakerOptions, pod: NewPod): string | undefined {
  const annotations = templateAnnotations(pod.template);
  const { apiVersion, kind, metadata } = owner;
  const made = options.mutatePod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...templateLabels(pod.template), ...pod.labels },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...podSpec(pod.template), ...pod.spec },
  });
  const refusal = options.refusePod(made);
  if (refusal === undefined) options.store.insert(made);
  return refusal;
}

/** Since when a pod is Ready, in milliseconds since the epoch; undefined when it is not. */
export function readySince(pod: KubeObject): number | undefined {
  const ready = conditionOf(pod, 'Ready');
  return ready?.['status'] === 'True' ? Date.parse(text(ready['lastTransitionTime'])) : undefined;
}

/** Pods an object controls. */
export function ownedPods(store: ObjectStore, uid: string): readonly KubeObject[] {
  return store.list('v1', 'Pod').filter((pod) => controllerUid(pod) === uid);
}

/** Whether a pod counts: it has not ended and is not on its way out. */
export function isActive(pod: KubeObject): boolean {
  const { phase } = statusOf(pod);
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded';
}
