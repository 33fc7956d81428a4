import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../src/core/error.ts';
import type { WorkloadStatus } from '../../src/core/rollout/run-status.ts';
import type { Json } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { podTemplate } from '../../src/core/workload/pod-template.ts';
import type { PodScript } from '../../src/adapters/simulated/pod-script.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const minute = 60_000;
const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true } as const;
const one = { resource: deployments, namespace: 'shop', name: 'one' } as const;
const image = '/spec/template/spec/containers/0/image';

describe('pods of the new image', () => {
  it.each<readonly [string, PodScript, string, string | undefined]>([
    ['crash at once', { crashAtMs: 1_000 }, 'ROLLED_BACK', 'container-crashed'],
    ['crash late in the soak', { crashAtMs: 4 * minute }, 'ROLLED_BACK', 'container-crashed'],
    ['are killed for their memory', { crashAtMs: 30_000, exitCode: 137, reason: 'OOMKilled' }, 'ROLLED_BACK', 'out-of-memory'],
    ['find no image', { pullError: { message: 'manifest unknown: not found' } }, 'ROLLED_BACK', 'image-pull'],
    ['wait for a busy registry', { pullError: { message: 'pull QPS exceeded', forMs: 2 * minute } }, 'SUCCEEDED', undefined],
    ['wait for a node', { unschedulableMs: 5 * minute }, 'SUCCEEDED', undefined],
    ['never become Ready', { readyMs: 'never' }, 'ROLLED_BACK', 'deadline'],
    ['lose readiness again and again', { readyMs: 3_000, flapAtMs: 30_000, flaps: 3 }, 'ROLLED_BACK', 'readiness-flaps'],
    ['lose readiness once', { readyMs: 3_000, flapAtMs: 30_000, flaps: 1 }, 'SUCCEEDED', undefined],
    ['exceed a quota', { refused: 'exceeded quota: compute' }, 'SKIPPED', 'blocked'],
    ['do not say which agent they run', { noProof: true }, 'INCONCLUSIVE', 'no-proof'],
  ])('that %s', async (_what, after, state, reason) => {
    const simulation = await openSimulation({ services: [{ name: 'one', after }], rollout: { soak: '5m' } });
    const before = simulation.deployments()[0]?.['spec'];

    const result = await applyToTheEnd(simulation);

    expect(only(result.status.workloads)).toMatchObject({ state, ...(reason === undefined ? {} : { reason: { id: reason } }) });
    expect(specIsAs(simulation, before)).toBe(state === 'ROLLED_BACK' || state === 'SKIPPED');
  });

  it('that exceed a quota that was used up since the dry run are found out', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one', afterDryRun: { refused: 'exceeded quota: compute' } }] });
    const before = simulation.deployments()[0]?.['spec'];

    const result = await applyToTheEnd(simulation);

    expect(only(result.status.workloads)).toMatchObject({ state: 'ROLLED_BACK', reason: { id: 'admission' } });
    expect(specIsAs(simulation, before)).toBe(true);
  });

  it('that fail are found out at once, while the old pods still serve', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one', replicas: 4, after: { crashAtMs: 1_000 } }] });
    const available: number[] = [];
    simulation.world.store.subscribe(({ object }) => {
      const status = object['status'] as { readonly availableReplicas?: number } | undefined;
      if (object.kind === 'Deployment') available.push(status?.availableReplicas ?? 0);
    });
    const start = simulation.world.clock.now();

    await applyToTheEnd(simulation);

    const verdict = simulation.events.find((event) => event.type === 'workload.verdict' && event.verdict === 'fail');
    expect(Date.parse(verdict?.time ?? '') - start).toBeLessThan(minute);
    expect(Math.min(...available)).toBeGreaterThanOrEqual(3);
  });
});

describe('somebody else', () => {
  it('who deploys another image during the soak keeps it', async () => {
    const { simulation, ended } = await during('SOAKING', (object, cluster) =>
      cluster.patch(one, [
        { op: 'test', path: '/metadata/uid', value: object.metadata.uid ?? '' },
        { op: 'replace', path: image, value: 'registry.example.com/shop/one:1' },
      ]),
    );

    expect(only(ended.status.workloads)).toMatchObject({ state: 'EXT_CHANGED' });
    expect(JSON.stringify(simulation.deployments()[0]?.['spec'])).toContain('"registry.example.com/shop/one:1"');
  });

  it('who deletes the Deployment and creates it anew finds the new one untouched', async () => {
    const { simulation, ended } = await during('SOAKING', async ({ metadata, ...object }, cluster) => {
      await cluster.delete(one);
      await cluster.create({ ...object, metadata: { name: metadata.name, namespace: 'shop' } });
    });

    const [object] = simulation.deployments();
    expect(only(ended.status.workloads)).toMatchObject({ state: 'GONE' });
    expect(Object.keys(object?.metadata.annotations ?? {}).filter((key) => key.startsWith('changeover.dev/'))).toEqual([]);
  });

  it('who changes the template after the plan was made keeps it, unseen and unchanged', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }] });
    await simulation.world.connect().patch(one, [{ op: 'add', path: '/spec/template/metadata/annotations', value: { restartedAt: 'now' } }]);
    await simulation.world.clock.sleep(minute);
    const before = simulation.deployments()[0]?.['spec'];

    const result = await applyToTheEnd(simulation);

    expect(only(result.status.workloads)).toMatchObject({ state: 'SKIPPED', reason: { id: 'stale' } });
    expect(specIsAs(simulation, before)).toBe(true);
  });

  it('who undoes the rollout during the soak is taken for who does: nothing is written over it', async () => {
    const { simulation, ended } = await during('SOAKING', (object, cluster) => {
      const template = JSON.parse(JSON.stringify(podTemplate(object)).replaceAll(/registry[^"]+-otel-[^"]+/g, 'registry.example.com/shop/one:1')) as Record<
        string,
        Json
      >;
      const { annotations: _intent, ...metadata } = template['metadata'] as Record<string, Json>;
      return cluster.patch(one, [{ op: 'replace', path: '/spec/template', value: { ...template, metadata } }]);
    });

    expect(only(ended.status.workloads)).toMatchObject({ state: 'EXT_CHANGED', reason: { params: { found: 'external-rollback' } } });
    expect(JSON.stringify(simulation.deployments()[0]?.['spec'])).toContain('"registry.example.com/shop/one:1"');
  });

  it('who evicts a new pod during the soak prolongs it: its successor soaks as long', async () => {
    const { simulation, ended } = await during('SOAKING', async (_object, cluster, { world }) => {
      await world.clock.sleep(15_000);
      const [pod] = world.store.list('v1', 'Pod', 'shop');
      await cluster.delete({
        resource: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
        namespace: 'shop',
        name: pod?.metadata.name ?? '',
      });
    });

    const youngest = Math.max(...simulation.world.store.list('v1', 'Pod', 'shop').map((pod) => Date.parse(pod.metadata.creationTimestamp ?? '')));
    const succeeded = simulation.events.find((event) => event.type === 'workload.state' && event.to === 'SUCCEEDED');
    expect(only(ended.status.workloads)).toMatchObject({ state: 'SUCCEEDED' });
    expect(Date.parse(succeeded?.time ?? '') - youngest).toBeGreaterThanOrEqual(20_000);
  });

  it('who restarts the pods during the soak, our fields intact, has the soak begin anew on the new pods', async () => {
    const { simulation, ended } = await during('SOAKING', (_object, cluster) =>
      cluster.patch(one, [{ op: 'add', path: '/spec/template/metadata/annotations/restartedAt', value: 'now' }]),
    );

    const entered = simulation.events.flatMap((event) => (event.type === 'workload.state' ? [event.to] : []));
    expect(only(ended.status.workloads)).toMatchObject({ state: 'SUCCEEDED' });
    expect(entered.filter((state) => state === 'SOAKING').length).toBe(2);
    expect(simulation.world.store.list('v1', 'Pod', 'shop').every((pod) => pod.metadata.annotations?.['restartedAt'] === 'now')).toBe(true);
  });

  it('who adds replicas during the soak gets them watched as well', async () => {
    const { ended } = await during('SOAKING', (_object, cluster) => cluster.patch(one, [{ op: 'replace', path: '/spec/replicas', value: 4 }]));

    expect(only(ended.status.workloads)).toMatchObject({ state: 'SUCCEEDED' });
  });
});

describe('a cluster that answers badly', () => {
  it('delays a rollback and does not lose it', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one', after: { crashAtMs: 1_000 } }] });
    const before = simulation.deployments()[0]?.['spec'];
    let refusals = 0;

    const result = await simulation.apply(() => ({
      before: ({ method, args }) => {
        const isRollback = method === 'patch' && JSON.stringify(args[1]).includes('rolled-back');
        if (!isRollback || refusals === 10) return;
        refusals += 1;
        throw new ChangeoverError('unreachable', 'HTTP 500', { retryable: true });
      },
    }));

    expect(refusals).toBe(10);
    expect(result).toMatchObject({ status: { counts: { 'rolled-back': 1 } } });
    expect(specIsAs(simulation, before)).toBe(true);
  });
});

/** Runs a plan of one workload and lets somebody act once, when it enters a state. */
async function during(
  state: string,
  act: (object: KubeObject, cluster: ReturnType<Simulation['world']['connect']>, simulation: Simulation) => Promise<unknown>,
): Promise<{ readonly simulation: Simulation; readonly ended: Awaited<ReturnType<typeof applyToTheEnd>> }> {
  const simulation = await openSimulation({ services: [{ name: 'one', replicas: 2 }] });
  const running = applyToTheEnd(simulation);
  const entered = (): boolean => simulation.events.some((event) => event.type === 'workload.state' && event.to === state);
  while (!entered()) await simulation.world.clock.sleep(500);
  const [object] = simulation.deployments();
  if (!object) throw new Error('the Deployment is gone');
  await act(object, simulation.world.connect(), simulation);
  return { simulation, ended: await running };
}

function only(workloads: readonly WorkloadStatus[]): WorkloadStatus | undefined {
  return workloads.length === 1 ? workloads[0] : undefined;
}

function specIsAs(simulation: Simulation, before: unknown): boolean {
  return JSON.stringify(simulation.deployments()[0]?.['spec']) === JSON.stringify(before);
}
