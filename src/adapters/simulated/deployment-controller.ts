import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import { controllerUid } from '../../core/workload/assemble.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podTemplate, templateLabels } from '../../core/workload/pod-template.ts';
import { deploymentStatus, progressDeadlineMs } from './deployment-status.ts';
import { member, number, sameJson, specOf, statusOf } from './object-parts.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import { nextNewReplicas, nextOldReplicas, rolloutBounds, type SetCount } from './rolling-update.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { workQueue } from './work-queue.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
/** Annotations that are not copied from a Deployment to its ReplicaSet. */
const NOT_COPIED = new Set([REVISION, 'kubectl.kubernetes.io/last-applied-configuration', 'deployment.kubernetes.io/revision-history']);

/**
 * The Deployment controller's rules (kubernetes pkg/controller/deployment): the ReplicaSet whose template equals the
 * Deployment's is the new one, also when it is an old one come back; annotations are copied to it; rolling update or
 * recreate; status and conditions.
 */
export function runDeploymentController(options: { readonly store: ObjectStore; readonly clock: VirtualClock }): void {
  const { store, clock } = options;
  const enqueue = workQueue(clock, 50, (uid) => {
    const deployment = store.list('apps/v1', 'Deployment').find((each) => each.metadata.uid === uid);
    if (deployment) reconcile(deployment, { ...options, again: (ms) => enqueue(uid, ms) });
    else for (const set of ownedSets(store, uid)) store.remove(keyOf(set));
  });
  store.subscribe(({ kind, object }) => {
    if (object.kind === 'Deployment' && object.metadata.uid !== undefined) enqueue(object.metadata.uid);
    // A pod that is gone at last may be what `Recreate` waits for.
    const set =
      object.kind === 'Pod' && kind === 'deleted' ? store.list('apps/v1', 'ReplicaSet').find((each) => each.metadata.uid === controllerUid(object)) : object;
    const owner = set?.kind === 'ReplicaSet' ? controllerUid(set, 'Deployment') : undefined;
    if (owner !== undefined) enqueue(owner);
  });
}

interface Context {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly again: (ms: number) => void;
}

function reconcile(deployment: KubeObject, context: Context): void {
  const { store } = context;
  const spec = specOf(deployment);
  const sets = ownedSets(store, deployment.metadata.uid ?? '');
  const found = sets.find((set) => sameTemplate(podTemplate(set), podTemplate(deployment)));
  const old = sets.filter((set) => set !== found).sort(byAge);
  if (spec['paused'] === true) {
    if (found) copyAnnotations(store, deployment, { set: found, old });
    return publish(deployment, found, context);
  }
  if (member(spec, 'strategy')['type'] === 'Recreate' && !readyToRecreate(store, old)) return publish(deployment, found, context);
  const current = found ? copyAnnotations(store, deployment, { set: found, old }) : createSet(store, deployment, old);
  scaleSets(store, deployment, { current, old });
  publish(deployment, current, context);
  cleanUp(store, deployment, old);
}

/** Scales old ReplicaSets to zero; true once none of their pods is left. */
function readyToRecreate(store: ObjectStore, old: readonly KubeObject[]): boolean {
  for (const set of old) scale(store, set, 0);
  const uids = new Set(old.map((set) => set.metadata.uid));
  return !store.list('v1', 'Pod').some((pod) => uids.has(controllerUid(pod)));
}

function scaleSets(store: ObjectStore, deployment: KubeObject, sets: { readonly current: KubeObject; readonly old: readonly KubeObject[] }): void {
  const bounds = rolloutBounds(deployment);
  const current = countOf(sets.current);
  const old = sets.old.map(countOf).filter((set) => set.wanted > 0);
  const wanted = nextNewReplicas(bounds, current, old);
  if (wanted !== current.wanted) return scale(store, sets.current, wanted);
  const next = nextOldReplicas(bounds, current, old);
  for (const set of sets.old) scale(store, set, next.get(set.metadata.name) ?? 0);
}

function scale(store: ObjectStore, set: KubeObject, replicas: number): void {
  const current = store.get(keyOf(set));
  if (current) store.update(current, { ...current, spec: { ...specOf(current), replicas } });
}

function createSet(store: ObjectStore, deployment: KubeObject, old: readonly KubeObject[]): KubeObject {
  const template = podTemplate(deployment);
  const spec = specOf(deployment);
  const hash = createHash('sha256').update(canonicalJson(template)).digest('hex').slice(0, 10);
  const labels = { ...templateLabels(template), [HASH_LABEL]: hash };
  const selector = member(spec, 'selector');
  const set: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      annotations: { ...copied(deployment), [REVISION]: String(newestRevision(old) + 1) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: deployment.metadata.name,
          uid: deployment.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      replicas: 0,
      ...(spec['minReadySeconds'] === undefined ? {} : { minReadySeconds: spec['minReadySeconds'] }),
      selector: { ...selector, matchLabels: { ...member(selector, 'matchLabels'), [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...member(template, 'metadata'), labels } },
    },
  };
  return store.insert(set);
}

/** Brings annotations (never removing one), minReadySeconds and the revision of the new ReplicaSet up to date. */
function copyAnnotations(store: ObjectStore, deployment: KubeObject, sets: { readonly set: KubeObject; readonly old: readonly KubeObject[] }): KubeObject {
  const { set, old } = sets;
  const revision = Math.max(revisionOf(set), newestRevision(old) + 1);
  const annotations = { ...set.metadata.annotations, ...copied(deployment), [REVISION]: String(revision) };
  const { minReadySeconds: _old, ...spec } = specOf(set);
  const { minReadySeconds } = specOf(deployment);
  const next = { ...spec, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) };
  return store.update(set, { ...set, metadata: { ...set.metadata, annotations }, spec: next });
}

function publish(deployment: KubeObject, current: KubeObject | undefined, context: Context): void {
  const { store, clock } = context;
  const live = store.get(keyOf(deployment));
  if (!live) return;
  const newest = current && store.get(keyOf(current));
  const status = deploymentStatus(live, { sets: ownedSets(store, live.metadata.uid ?? ''), current: newest, now: clock.now() });
  const revision = newest?.metadata.annotations?.[REVISION];
  const annotations = { ...live.metadata.annotations, ...(revision === undefined ? {} : { [REVISION]: revision }) };
  const changed = !sameJson(status, live['status']) || !sameJson(annotations, live.metadata.annotations ?? {});
  if (changed) store.updateStatus(live, { ...live, metadata: { ...live.metadata, annotations }, status });
  const deadline = progressDeadlineMs({ ...live, status });
  if (changed && deadline !== undefined) context.again(Math.max(0, deadline - clock.now()) + 1000);
}

function cleanUp(store: ObjectStore, deployment: KubeObject, old: readonly KubeObject[]): void {
  const limit = number(specOf(deployment)['revisionHistoryLimit'], 10);
  const idle = old.filter((set) => countOf(set).wanted === 0 && number(statusOf(set)['replicas']) === 0);
  const surplus = [...idle].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, old.length - limit));
  for (const set of surplus) store.remove(keyOf(set));
}

function sameTemplate(ofSet: JsonObject, ofDeployment: JsonObject): boolean {
  const { [HASH_LABEL]: _hash, ...labels } = templateLabels(ofSet);
  return sameJson({ ...ofSet, metadata: { ...member(ofSet, 'metadata'), labels } }, ofDeployment);
}

function copied(deployment: KubeObject): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key)));
}

function ownedSets(store: ObjectStore, uid: string): readonly KubeObject[] {
  return store.list('apps/v1', 'ReplicaSet').filter((set) => controllerUid(set) === uid);
}

function countOf(set: KubeObject): SetCount {
  return { name: set.metadata.name, wanted: number(specOf(set)['replicas']), available: number(statusOf(set)['availableReplicas']) };
}

function newestRevision(sets: readonly KubeObject[]): number {
  return Math.max(0, ...sets.map(revisionOf));
}

function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}

function byAge(a: KubeObject, b: KubeObject): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || revisionOf(a) - revisionOf(b);
}
