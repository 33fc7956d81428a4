import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { driveRun } from '../../src/app/drive-run.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { containers, podSpec } from '../../src/core/workload/pod-template.ts';
import type { PodScript } from '../../src/adapters/simulated/pod-script.ts';
import { applyToTheEnd, endOf, openSimulation, type Simulation } from './open-simulation.ts';

const OLD = 'registry.example.com/shop/one:1';
const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true } as const;
const one = { resource: deployments, namespace: 'shop', name: 'one' } as const;
const crash = { crashAtMs: 30_000 };
const open = (after: PodScript = {}, more: JsonObject = {}): Promise<Simulation> =>
  openSimulation({ services: [{ name: 'one', replicas: 4, after }], rollout: { canary: '90s', maxFailures: 0, ...more } });

describe('a canary', () => {
  it('lets one new pod run alone for its time, and then the rest as the Deployment says', async () => {
    const simulation = await open();
    const [before] = simulation.deployments();
    const most = followNewPods(simulation);

    const result = await applyToTheEnd(simulation);

    const [after] = simulation.deployments();
    const at = (state: string): number => timeOf(simulation, state);
    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
    expect(most('CANARY')).toBe(1);
    expect(most('ROLLING')).toBe(4);
    expect(at('ROLLING') - at('CANARY')).toBeGreaterThanOrEqual(90_000);
    expect(rest(after)).toEqual(rest(before));
  });

  it('that crashes is put back, with its strategy, and no old pod was ever missing', async () => {
    const simulation = await open(crash);
    const [before] = simulation.deployments();
    const most = followNewPods(simulation);
    const available = followAvailable(simulation);

    const result = await applyToTheEnd(simulation);

    expect(result).toMatchObject({ status: { counts: { 'rolled-back': 1 } } });
    expect(simulation.deployments()[0]?.['spec']).toEqual(before?.['spec']);
    expect(most()).toBe(1);
    expect(available()).toBe(4);
  });

  it('without a proof stays one pod until a person decides; `continue` lets it roll with the old strategy', async () => {
    const simulation = await open({ noProof: true });
    const [before] = simulation.deployments();
    const halted = await applyToTheEnd(simulation);
    await simulation.world.clock.sleep(60_000);
    const held = pods(simulation).filter((image) => image !== OLD).length;
    const run = { stateNamespace: 'changeover', run: simulation.plan.name, by: 'test' };
    const never = new AbortController().signal;

    await recordDecision(simulation.openEngine().ports, { ...run, kind: 'continue', targets: [] });
    await driveRun(simulation.openEngine().ports, simulation.plan.name, { ...run, emit: () => undefined, stop: never, kill: never });
    await simulation.world.clock.sleep(60_000);

    expect(halted).toMatchObject({ exitCode: 3, status: { halt: { id: 'inconclusive' } } });
    expect(held).toBe(1);
    expect(rest(simulation.deployments()[0])).toEqual(rest(before));
    expect(pods(simulation).filter((image) => image !== OLD).length).toBe(4);
  });

  it('that somebody undoes leaves no strategy of ours behind', async () => {
    const simulation = await open();
    const [before] = simulation.deployments();
    const running = applyToTheEnd(simulation);
    while (!entered(simulation, 'CANARY')) await simulation.world.clock.sleep(500);
    await simulation.world
      .connect()
      .patch(one, [{ op: 'replace', path: '/spec/template', value: ((before?.['spec'] ?? {}) as JsonObject)['template'] as JsonObject }]);

    const result = await running;

    expect(result.status.workloads).toMatchObject([{ state: 'EXT_CHANGED' }]);
    expect(simulation.deployments()[0]?.['spec']).toEqual(before?.['spec']);
  });

  it('goes back on request, too', async () => {
    const simulation = await open({ noProof: true });
    const [before] = simulation.deployments();
    await applyToTheEnd(simulation);
    const run = { stateNamespace: 'changeover', run: simulation.plan.name, by: 'test' };
    const never = new AbortController().signal;

    await recordDecision(simulation.openEngine().ports, { ...run, kind: 'rollback', targets: [] });
    await driveRun(simulation.openEngine().ports, simulation.plan.name, { ...run, emit: () => undefined, stop: never, kill: never });

    expect(simulation.deployments()[0]?.['spec']).toEqual(before?.['spec']);
  });

  it.each<readonly [string, number, JsonObject, string]>([
    ['two replicas have none and migrate', 2, {}, 'SUCCEEDED'],
    ['Recreate is refused by name', 3, { strategy: { type: 'Recreate' } }, 'SKIPPED'],
    ['a short progress deadline is refused by name', 3, { progressDeadlineSeconds: 100 }, 'SKIPPED'],
  ])('of %s', async (_what, replicas, spec, state) => {
    const simulation = await openSimulation({
      services: [{ name: 'one', replicas, as: (made) => ({ ...made, spec: { ...(made['spec'] as JsonObject), ...spec } }) }],
      rollout: { canary: '90s' },
    });

    const result = await applyToTheEnd(simulation);

    expect(result.status.workloads).toMatchObject([{ state }]);
    expect(entered(simulation, 'CANARY')).toBe(false);
  });
});

describe('an engine that dies during a canary', () => {
  const services = [
    { name: 'good', replicas: 3 },
    { name: 'bad', replicas: 3, after: crash, stack: 'spring-skywalking' as const },
  ];
  const both = (): Promise<Simulation> => openSimulation({ services, rollout: { canary: '90s', waves: [2], batchSize: 2 } });
  let calls = 0;
  let undisturbed: JsonObject;

  beforeAll(async () => {
    const simulation = await both();
    const specs = simulation.deployments().map(rest);
    await simulation.apply(() => ({ after: (call) => void (calls = call.count) }));
    undisturbed = await endOf(simulation);
    expect(simulation.deployments().map(rest)).toEqual(specs);
    expect(undisturbed).toMatchObject({ records: { 'shop/Deployment/good': 'SUCCEEDED', 'shop/Deployment/bad': 'ROLLED_BACK' } });
  });

  it('at any call comes to the same end, with nothing of the canary left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: calls }), fc.constantFrom('before' as const, 'after' as const), async (at, when) => {
        const simulation = await both();

        await simulation.apply((engine) => ({ [when]: (call: { readonly count: number }) => (call.count === at ? engine().kill() : undefined) }));
        await applyToTheEnd(simulation);

        expect(await endOf(simulation)).toEqual(undisturbed);
      }),
      { numRuns: 30 },
    );
  });
});

/** The spec without the template: what must be as before, whether migrated or not. */
function rest(object: KubeObject | undefined): JsonObject {
  const { template: _template, ...spec } = (object?.['spec'] ?? {}) as JsonObject;
  return spec;
}

function pods(simulation: Simulation): readonly string[] {
  const live = simulation.world.store.list('v1', 'Pod', 'shop').filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return live.map((pod) => containers(podSpec(pod))[0]?.image ?? '');
}

function entered(simulation: Simulation, state: string): boolean {
  return simulation.events.some((event) => event.type === 'workload.state' && event.to === state);
}

function timeOf(simulation: Simulation, state: string): number {
  return Date.parse(simulation.events.find((event) => event.type === 'workload.state' && event.to === state)?.time ?? '');
}

/** The most new pods there were at any moment of a state, or at all. */
function followNewPods(simulation: Simulation): (state?: string) => number {
  const most = new Map<string, number>();
  simulation.world.store.subscribe(({ object }) => {
    if (object.kind !== 'Pod') return;
    const last = simulation.events.findLast((event) => event.type === 'workload.state');
    const state = last?.type === 'workload.state' ? last.to : '';
    most.set(state, Math.max(most.get(state) ?? 0, pods(simulation).filter((image) => image !== OLD).length));
  });
  return (state) => (state === undefined ? Math.max(...most.values()) : (most.get(state) ?? 0));
}

function followAvailable(simulation: Simulation): () => number {
  let least = Infinity;
  simulation.world.store.subscribe(({ object }) => {
    const status = object['status'] as { readonly availableReplicas?: number } | undefined;
    if (object.kind === 'Deployment') least = Math.min(least, status?.availableReplicas ?? 0);
  });
  return () => least;
}
