import { describe, expect, it } from 'vitest';
import { currentRevision, REVISION_HASH } from '../../src/adapters/simulated/revision-history.ts';
import { createOwnedPod, isActive, ownedPods, readySince } from '../../src/adapters/simulated/owned-pods.ts';
import type { SimulatedWorld } from '../../src/adapters/simulated/simulated-world.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { controllerUid } from '../../src/core/workload/assemble.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../../src/core/workload/pod-template.ts';
import { keyOf } from '../../src/adapters/simulated/object-store.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const crash = { crashAtMs: 1_500 } as const;

describe('a CloneSet, with a scripted controller that makes pods anew', () => {
  it.each([
    ['is moved', {}, { migrated: 1 }, '-otel-'],
    ['whose new pods do not start is put back', { after: crash }, { 'rolled-back': 1 }, 'shop/web:1'],
  ])('%s', async (_what, service, counts, image) => {
    const simulation = await openSimulation({
      services: [{ name: 'web', replicas: 2, as: custom('apps.kruise.io/v1alpha1', 'CloneSet'), ...service }],
      spec: { select: { namespaces: ['shop'], kinds: ['CloneSet'] } },
      prepare: runCloneSets,
    });

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject(counts);
    expect(images(simulation)).toEqual(Array(2).fill(expect.stringContaining(image)));
  });
});

describe('an Argo Rollout, with a scripted controller', () => {
  const asRollout = custom('argoproj.io/v1alpha1', 'Rollout');
  const select = { select: { namespaces: ['shop'], kinds: ['Rollout'] } };

  it.each([
    ['is moved', {}, { migrated: 1 }, '-otel-'],
    ['whose new pods do not start is put back', { after: crash }, { 'rolled-back': 1 }, 'shop/web:1'],
  ])('%s', async (_what, service, counts, image) => {
    const simulation = await openSimulation({
      services: [{ name: 'web', replicas: 2, as: asRollout, ...service }],
      spec: select,
      prepare: (world) => runRollouts(world),
    });

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject(counts);
    expect(images(simulation)).toEqual(Array(2).fill(expect.stringContaining(image)));
  });

  it('that its own analysis aborts is put back', async () => {
    const simulation = await openSimulation({
      services: [{ name: 'web', replicas: 2, as: asRollout }],
      spec: select,
      prepare: (world) => runRollouts(world, (rollout) => containers(podSpec(podTemplate(rollout)))[0]?.image.includes('-otel-') === true),
    });
    const before = simulation.world.store.list('argoproj.io/v1alpha1', 'Rollout')[0]?.['spec'];

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject({ 'rolled-back': 1 });
    expect(simulation.events.find((event) => event.type === 'workload.verdict' && event.verdict === 'fail')).toMatchObject({
      reason: { id: 'rollout-aborted' },
    });
    expect(simulation.world.store.list('argoproj.io/v1alpha1', 'Rollout')[0]?.['spec']).toEqual(before);
  });

  it('whose template is in another object is skipped with that reason', async () => {
    const elsewhere = (object: KubeObject): KubeObject => {
      const { selector = {}, replicas = 1 } = asRollout(object)['spec'] as JsonObject;
      return { ...asRollout(object), spec: { selector, replicas, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } };
    };
    const simulation = await openSimulation({ services: [{ name: 'web', as: elsewhere }], spec: select });

    expect(simulation.plan.items).toMatchObject([
      { action: 'skip', skip: { id: 'deferred', params: { because: 'workload-ref', template: 'Deployment/web' } } },
    ]);
  });
});

function custom(apiVersion: string, kind: string): (deployment: KubeObject) => KubeObject {
  return (deployment) => ({ ...deployment, apiVersion, kind });
}

/** Calls back for each object of a kind, a moment after it or anything below it has changed. */
function reconcileAll({ store, clock }: SimulatedWorld, kind: string, reconcile: (object: KubeObject) => void): void {
  const apiVersion = kind === 'CloneSet' ? 'apps.kruise.io/v1alpha1' : 'argoproj.io/v1alpha1';
  let waiting = false;
  store.subscribe(({ object }) => {
    if (waiting || ![kind, 'Pod', 'ReplicaSet'].includes(object.kind)) return;
    waiting = true;
    clock.after(50, () => {
      waiting = false;
      for (const each of store.list(apiVersion, kind)) reconcile(each);
    });
  });
}

function runCloneSets(world: SimulatedWorld): void {
  const { store, clock } = world;
  const options = { store, clock, refusePod: () => undefined, mutatePod: (pod: KubeObject) => pod };
  reconcileAll(world, 'CloneSet', (set) => {
    const revision = currentRevision(store, set);
    const pods = ownedPods(store, set.metadata.uid ?? '').filter(isActive);
    const isUpdated = (pod: KubeObject): boolean => pod.metadata.labels?.[REVISION_HASH] === revision.metadata.name;
    const replicas = wanted(set);
    for (let missing = replicas - pods.length; missing > 0; missing -= 1) {
      const labels = { [REVISION_HASH]: revision.metadata.name };
      createOwnedPod(set, options, { name: `${set.metadata.name}-${missing}${store.version}`, template: podTemplate(set), labels });
    }
    // One that is not Ready goes first and at once; the others one at a time.
    const old = pods.filter((pod) => !isUpdated(pod));
    const next =
      old.find((pod) => readySince(pod) === undefined) ?? (pods.length === replicas && pods.every((pod) => readySince(pod) !== undefined) ? old[0] : undefined);
    if (next) store.markDeleted(next);
    publish(world, set, { updatedReplicas: pods.filter(isUpdated).length });
  });
}

function runRollouts(world: SimulatedWorld, aborts: (rollout: KubeObject) => boolean = () => false): void {
  const { store } = world;
  reconcileAll(world, 'Rollout', (rollout) => {
    const replicas = wanted(rollout);
    const sets = store.list('apps/v1', 'ReplicaSet').filter((set) => controllerUid(set) === rollout.metadata.uid);
    const template = podTemplate(rollout);
    const current = sets.find((set) => JSON.stringify(podTemplate(set)['spec']) === JSON.stringify(template['spec'])) ?? addSet(world, rollout, sets.length);
    const ready = (set: KubeObject): boolean => ((set['status'] as JsonObject | undefined)?.['readyReplicas'] ?? 0) === replicas;
    for (const set of sets.filter((each) => each !== current)) if (ready(current)) scale(world, set, 0);
    scale(world, current, replicas);
    const updated = ownedPods(store, current.metadata.uid ?? '').filter(isActive).length;
    publish(world, rollout, { updatedReplicas: updated, ...(aborts(rollout) ? { abort: true, message: 'metric "errors" failed' } : {}) });
  });
}

function addSet({ store }: SimulatedWorld, rollout: KubeObject, count: number): KubeObject {
  const { apiVersion, kind, metadata } = rollout;
  const selector = (rollout['spec'] as JsonObject)['selector'] ?? {};
  return store.insert({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${count}`,
      namespace: metadata.namespace ?? '',
      labels: { app: metadata.name },
      annotations: { 'rollout.argoproj.io/revision': String(count + 1) },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }],
    },
    spec: { replicas: 0, selector, template: podTemplate(rollout) },
  });
}

function scale({ store }: SimulatedWorld, set: KubeObject, replicas: number): void {
  const live = store.get(keyOf(set));
  if (live) store.update(live, { ...live, spec: { ...(live['spec'] as JsonObject), replicas } });
}

function publish({ store }: SimulatedWorld, object: KubeObject, status: JsonObject): void {
  const live = store.get(keyOf(object));
  if (live) store.updateStatus(live, { ...live, status: { observedGeneration: String(live.metadata.generation ?? 0), ...status } });
}

function wanted(object: KubeObject): number {
  const { replicas } = object['spec'] as JsonObject;
  return typeof replicas === 'number' ? replicas : 1;
}

function images(simulation: Simulation): readonly string[] {
  const pods = simulation.world.store.list('v1', 'Pod', 'shop').filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return pods.filter((pod) => pod.metadata.labels?.['app'] === 'web').map((pod) => containers(podSpec(pod))[0]?.image ?? '');
}
