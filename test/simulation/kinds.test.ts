import { describe, expect, it } from 'vitest';
import type { PortCall } from '../../src/adapters/simulated/intercept.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../../src/core/workload/pod-template.ts';
import { pushSampleImage } from '../../src/adapters/simulated/sample-images.ts';
import { driveRun } from '../../src/app/drive-run.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { listRecords } from '../../src/app/state-store.ts';
import type { WorkloadRecord } from '../../src/core/rollout/run-record.ts';
import type { ObjectRef } from '../../src/ports/cluster.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const crash = { crashAtMs: 1_500 } as const;
const nodes = ['a', 'b', 'c'].map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } }));

describe('a StatefulSet', () => {
  it('is moved from the highest ordinal down, and ends as migrated', async () => {
    const simulation = await openSimulation({ services: [{ name: 'db', replicas: 3, as: as('StatefulSet') }], spec: selecting('StatefulSet') });

    const result = await applyToTheEnd(simulation);

    expect(result.status).toMatchObject({ phase: 'COMPLETED', counts: { migrated: 1 } });
    expect(images(simulation, 'db')).toEqual(Array(3).fill(expect.stringContaining('-otel-')));
  });

  it('whose new pod does not start gets the old template back and that one pod deleted, whose place the controller never gives up', async () => {
    const simulation = await openSimulation({ services: [{ name: 'db', replicas: 3, after: crash, as: as('StatefulSet') }], spec: selecting('StatefulSet') });
    const before = stored(simulation, 'StatefulSet', 'db');
    const uids = podUids(simulation);
    const deleted: string[] = [];

    const result = await simulation.apply(() => ({ before: (call) => void deleted.push(...deletedBy(call)) }));

    const after = stored(simulation, 'StatefulSet', 'db');
    expect(result).toMatchObject({ status: { counts: { 'rolled-back': 1 } } });
    expect(after['spec']).toEqual(before['spec']);
    expect(deleted).toEqual(['db-2']);
    expect(images(simulation, 'db')).toEqual(Array(3).fill('registry.example.com/shop/db:1'));
    expect(podUids(simulation).slice(0, 2)).toEqual(uids.slice(0, 2));
    expect(simulation.events.filter((event) => event.type === 'workload.verdict' && event.reason.id === 'stuck-pod-deleted')).toHaveLength(1);
  });

  it('with pods that start side by side needs no pod deleted on its way back', async () => {
    const parallel = as('StatefulSet', { podManagementPolicy: 'Parallel' });
    const simulation = await openSimulation({ services: [{ name: 'db', replicas: 2, after: crash, as: parallel }], spec: selecting('StatefulSet') });
    const deleted: string[] = [];

    const result = await simulation.apply(() => ({ before: (call) => void deleted.push(...deletedBy(call)) }));

    expect(result).toMatchObject({ status: { counts: { 'rolled-back': 1 } } });
    expect(deleted).toEqual([]);
  });

  it('comes to the same end wherever the engine dies on the way back', async () => {
    for (let diesAt = 60; diesAt < 260; diesAt += 12) {
      const simulation = await openSimulation({ services: [{ name: 'db', replicas: 2, after: crash, as: as('StatefulSet') }], spec: selecting('StatefulSet') });
      const before = stored(simulation, 'StatefulSet', 'db');

      await simulation.apply((engine) => ({ after: ({ count }) => (count === diesAt ? engine().kill() : undefined) }));
      await applyToTheEnd(simulation);

      expect(stored(simulation, 'StatefulSet', 'db')['spec']).toEqual(before['spec']);
      expect(images(simulation, 'db')).toEqual(Array(2).fill('registry.example.com/shop/db:1'));
    }
  });

  it('needs a person where the pod that holds up the way back may not be deleted', async () => {
    const simulation = await openSimulation({ services: [{ name: 'db', replicas: 2, after: crash, as: as('StatefulSet') }], spec: selecting('StatefulSet') });

    const result = await simulation.apply(() => ({
      before: (call) => {
        if (deletedBy(call).length > 0) throw new ChangeoverError('denied', 'may not delete pods');
      },
    }));

    expect(result).toMatchObject({ exitCode: 4, status: { counts: { failed: 1 } } });
  });

  it.each([
    ['whose pods are only replaced when somebody deletes them', { updateStrategy: { type: 'OnDelete' } }, 'deferred'],
    ['with a partition of its owner', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }, 'paused'],
  ])('%s is left alone', async (_what, spec, skip) => {
    const simulation = await openSimulation({ services: [{ name: 'db', replicas: 2, as: as('StatefulSet', spec) }], spec: selecting('StatefulSet') });

    expect(simulation.plan.items).toMatchObject([{ id: 'shop/StatefulSet/db', action: 'skip', skip: { id: skip } }]);
  });

  it('is not looked at by a policy that selects Deployments', async () => {
    const simulation = await openSimulation({ services: [{ name: 'db', as: as('StatefulSet') }] });

    expect(simulation.plan.items).toEqual([]);
  });
});

describe('a DaemonSet', () => {
  it.each([
    ['one node at a time', {}],
    ['with the new pod beside the old one first', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }],
  ])('is moved on every node, %s', async (_how, spec) => {
    const simulation = await openSimulation({ services: [{ name: 'agent', as: as('DaemonSet', spec) }], objects: nodes, spec: selecting('DaemonSet') });

    const result = await applyToTheEnd(simulation);

    expect(result.status).toMatchObject({ phase: 'COMPLETED', counts: { migrated: 1 } });
    expect(images(simulation, 'agent')).toEqual(Array(3).fill(expect.stringContaining('-otel-')));
  });

  it('waits for the pod of a node that comes during the soak, and not for one of a node that went', async () => {
    const simulation = await openSimulation({ services: [{ name: 'agent', as: as('DaemonSet') }], objects: nodes, spec: selecting('DaemonSet') });
    const admin = simulation.world.connect();
    let soaking = false;

    const result = await simulation.apply(() => ({
      after: async () => {
        const now = simulation.events.some((event) => event.type === 'workload.state' && event.to === 'SOAKING');
        if (soaking || !now) return;
        soaking = true;
        await admin.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'd' } });
        simulation.world.store.remove({ apiVersion: 'v1', kind: 'Node', namespace: '', name: 'a' });
      },
    }));

    expect(soaking).toBe(true);
    expect(result).toMatchObject({ status: { counts: { migrated: 1 } } });
    expect(images(simulation, 'agent')).toEqual(Array(3).fill(expect.stringContaining('-otel-')));
    expect(new Set(pods(simulation).map((pod) => podSpec(pod)['nodeName']))).toEqual(new Set(['b', 'c', 'd']));
  });

  it('whose new pod does not start is put back', async () => {
    const simulation = await openSimulation({ services: [{ name: 'agent', after: crash, as: as('DaemonSet') }], objects: nodes, spec: selecting('DaemonSet') });
    const before = stored(simulation, 'DaemonSet', 'agent');

    const result = await applyToTheEnd(simulation);

    expect(result.status.counts).toMatchObject({ 'rolled-back': 1 });
    expect(stored(simulation, 'DaemonSet', 'agent')['spec']).toEqual(before['spec']);
    expect(images(simulation, 'agent')).toEqual(Array(3).fill('registry.example.com/shop/agent:1'));
  });

  it('whose pods are only replaced when somebody deletes them is left alone', async () => {
    const spec = { updateStrategy: { type: 'OnDelete' } };
    const simulation = await openSimulation({ services: [{ name: 'agent', as: as('DaemonSet', spec) }], objects: nodes, spec: selecting('DaemonSet') });

    expect(simulation.plan.items).toMatchObject([{ action: 'skip', skip: { id: 'deferred', params: { because: 'on-delete' } } }]);
  });
});

describe('a workload without pods', () => {
  const idle = { name: 'idle', replicas: 0 };
  const includeZero = { select: { namespaces: ['shop'], includeZero: true } };

  it('is skipped unless the policy includes it', async () => {
    const simulation = await openSimulation({ services: [idle] });

    expect(simulation.plan.items).toMatchObject([{ action: 'skip', skip: { id: 'no-pods' } }]);
  });

  it('is changed where the policy says so, and never counts as proven', async () => {
    const simulation = await openSimulation({ services: [idle], spec: includeZero });

    const result = await applyToTheEnd(simulation);

    expect(simulation.plan.items[0]?.findings).toContainEqual({ id: 'unverified', severity: 'warn', params: { because: 'scaled-to-zero' } });
    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
    expect(await recordOf(simulation)).toMatchObject({ state: 'DEFERRED_ZERO', reason: { id: 'unverified', params: { because: 'scaled-to-zero' } } });
    expect(containers(podSpec(podTemplate(stored(simulation, 'Deployment', 'idle'))))[0]?.image).toContain('-otel-');
  });

  it('is planned anew when its tag names another image since the plan', async () => {
    const simulation = await openSimulation({ services: [idle], spec: includeZero });
    const before = stored(simulation, 'Deployment', 'idle');
    await pushSampleImage(simulation.openEngine().ports.registry, 'registry.example.com/shop/idle:1', 'no-jvm');

    await applyToTheEnd(simulation);

    expect(await recordOf(simulation)).toMatchObject({ state: 'SKIPPED', reason: { id: 'stale' } });
    expect(stored(simulation, 'Deployment', 'idle')['spec']).toEqual(before['spec']);
  });

  it('is skipped where a sidecar is required that only pods could show', async () => {
    const select = { namespaces: ['shop'], includeZero: true, requireSidecar: ['istio-proxy'] };
    const simulation = await openSimulation({ services: [idle], spec: { select } });

    expect(simulation.plan.items).toMatchObject([{ action: 'skip', skip: { id: 'required-sidecar-missing' } }]);
  });

  it('is no excuse for one whose pods are missing though it wants some', async () => {
    const paused = (object: KubeObject): KubeObject => ({ ...object, spec: { ...(object['spec'] as JsonObject), paused: true } });
    const simulation = await openSimulation({ services: [{ name: 'gone', as: paused }], spec: includeZero });

    expect(simulation.plan.items).toMatchObject([{ action: 'skip', skip: { id: 'no-pods' } }]);
  });
});

describe('a CronJob', () => {
  it('is changed for its next run, unverified, and put back as it was', async () => {
    const simulation = await openSimulation({ services: [{ name: 'nightly', as: asCronJob() }], spec: selecting('CronJob') });
    const before = stored(simulation, 'CronJob', 'nightly');

    const result = await applyToTheEnd(simulation);
    const changed = stored(simulation, 'CronJob', 'nightly');
    const record = await recordOf(simulation);
    await rollBack(simulation, 'shop/CronJob/nightly');

    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
    expect(record).toMatchObject({ state: 'DEFERRED_VERIFY', reason: { id: 'unverified', params: { because: 'next-run' } } });
    expect(containers(podSpec(podTemplate(changed)))[0]?.image).toContain('-otel-');
    expect(stored(simulation, 'CronJob', 'nightly')['spec']).toEqual(before['spec']);
  });

  it('that is suspended is left alone', async () => {
    const simulation = await openSimulation({ services: [{ name: 'nightly', as: asCronJob({ suspend: true }) }], spec: selecting('CronJob') });

    expect(simulation.plan.items).toMatchObject([{ action: 'skip', skip: { id: 'paused' } }]);
  });
});

/** The pod of the workload that a call deletes. */
function deletedBy({ method, args }: PortCall): readonly string[] {
  const { name = '' } = (args[0] ?? {}) as Partial<ObjectRef>;
  return method === 'delete' && /^db-[0-9]+$/.test(name) ? [name] : [];
}

/** Turns a Deployment into another kind, with other members of its spec. */
function as(kind: 'StatefulSet' | 'DaemonSet', spec: JsonObject = {}): (deployment: KubeObject) => KubeObject {
  return (deployment) => {
    const { replicas, ...rest } = deployment['spec'] as JsonObject;
    return { ...deployment, kind, spec: { ...rest, ...(kind === 'DaemonSet' ? {} : { serviceName: deployment.metadata.name, replicas }), ...spec } };
  };
}

function asCronJob(spec: JsonObject = {}): (deployment: KubeObject) => KubeObject {
  return (deployment) => {
    const { template = {} } = deployment['spec'] as JsonObject;
    return { ...deployment, apiVersion: 'batch/v1', kind: 'CronJob', spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } }, ...spec } };
  };
}

async function rollBack(simulation: Simulation, id: string): Promise<void> {
  const { ports } = simulation.openEngine();
  const run = simulation.plan.name;
  const never = new AbortController().signal;
  await recordDecision(ports, { stateNamespace: 'changeover', run, kind: 'rollback', targets: [id], by: 'test' });
  await driveRun(ports, run, { stateNamespace: 'changeover', by: 'test', emit: () => undefined, stop: never, kill: never });
}

async function recordOf(simulation: Simulation): Promise<WorkloadRecord | undefined> {
  const [record] = await listRecords(simulation.world.connect(), 'changeover', simulation.plan.name);
  return record?.value;
}

function selecting(...kinds: readonly string[]): JsonObject {
  return { select: { namespaces: ['shop'], kinds } };
}

function stored(simulation: Simulation, kind: string, name: string): KubeObject {
  const found = simulation.world.store.get({ apiVersion: kind === 'CronJob' ? 'batch/v1' : 'apps/v1', kind, namespace: 'shop', name });
  if (!found) throw new Error(`${kind} ${name} is gone`);
  return found;
}

function pods(simulation: Simulation): readonly KubeObject[] {
  return simulation.world.store.list('v1', 'Pod', 'shop').filter((pod) => pod.metadata.deletionTimestamp === undefined);
}

function podUids(simulation: Simulation): readonly (string | undefined)[] {
  return pods(simulation).map((pod) => pod.metadata.uid);
}

function images(simulation: Simulation, app: string): readonly string[] {
  return pods(simulation)
    .filter((pod) => pod.metadata.labels?.['app'] === app)
    .map((pod) => containers(podSpec(pod))[0]?.image ?? '');
}
