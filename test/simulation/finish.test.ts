import { describe, expect, it } from 'vitest';
import { finishRun, planFinish } from '../../src/app/finish-run.ts';
import { makePlan } from '../../src/app/make-plan.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import { refTo, resources } from '../../src/app/resources.ts';
import { listRecords, readRun } from '../../src/app/state-store.ts';
import type { CallHooks } from '../../src/adapters/simulated/intercept.ts';
import type { MortalPorts } from '../../src/adapters/simulated/mortal-ports.ts';
import type { EnginePorts } from '../../src/app/ports.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import { openSimulation, type Simulation, type SimulationOptions } from './open-simulation.ts';

const never = new AbortController().signal;
const services = [{ name: 'orders' }, { name: 'worse', after: { crashAtMs: 1_500 } }] as const;

describe('finish', () => {
  it('takes our annotations off the objects, leaves templates and pods alone, and keeps the records as history', async () => {
    const simulation = await migrated();
    const before = simulation.deployments();
    const pods = podsOf(simulation);

    await finish(simulation);

    expect(annotationsOf(simulation)).toEqual([{}, {}]);
    expect(simulation.deployments().map((each) => each['spec'])).toEqual(before.map((each) => each['spec']));
    expect(podsOf(simulation)).toEqual(pods);
    expect(await statesOf(simulation)).toEqual({ orders: 'FINALIZED', worse: 'ROLLED_BACK' });
    expect((await readRun(simulation.world.connect(), 'changeover', simulation.plan.name))?.value.finalized).toMatchObject({ by: 'ada@desk' });
  });

  it('wherever it dies, another one ends where the first would have', async () => {
    const twin = await migrated();
    const calls = await countCalls(twin);
    expect(calls).toBeGreaterThan(8);
    for (let at = 1; at <= calls; at += 1) {
      const simulation = await migrated();
      await finish(simulation, (engine) => ({ after: (call) => (call.count === at ? engine().kill() : undefined) }));

      await finish(simulation);

      expect([at, annotationsOf(simulation), await statesOf(simulation)]).toEqual([at, annotationsOf(twin), await statesOf(twin)]);
    }
  });

  it('a second time does nothing', async () => {
    const simulation = await migrated();
    await finish(simulation);
    const before = simulation.deployments();

    const again = await finish(simulation);

    expect(again).toEqual({ released: [], byHand: [] });
    expect(simulation.deployments()).toEqual(before);
  });

  it('is refused while a run has not ended, and no rollback is taken after it', async () => {
    const halted = await openSimulation({ services, rollout: { maxFailures: 0 } });
    await halted.apply();
    await expect(plan(halted)).rejects.toThrow('has not ended');

    const simulation = await migrated();
    await finish(simulation);
    const decision = { stateNamespace: 'changeover', run: simulation.plan.name, kind: 'rollback', targets: [], by: 'ada@desk' } as const;
    await expect(recordDecision(simulation.openEngine().ports, decision)).rejects.toThrow('the way back of run');
  });

  it('leaves a marker that a hand has changed, says so, and does not call the run finished', async () => {
    const simulation = await migrated();
    await patch(simulation, '/metadata/annotations/changeover.dev~1marker', '{"state":');

    const result = await finish(simulation);

    expect(result?.byHand).toEqual(['shop/Deployment/orders']);
    expect(await statesOf(simulation)).toMatchObject({ orders: 'SUCCEEDED' });
    expect((await readRun(simulation.world.connect(), 'changeover', simulation.plan.name))?.value.finalized).toBeUndefined();
  });

  it('of one workload that returned to the old agent lets the next plan move it again', async () => {
    const simulation = await migrated({ services: [{ name: 'orders' }, { name: 'cart' }] });
    await patch(simulation, '/spec/template/spec/containers/0/image', 'registry.example.com/shop/orders:1');
    await simulation.world.clock.sleep(60_000);
    const before = await replan(simulation);

    await finish(simulation, undefined, ['shop/deployment/orders']);

    expect(before).toEqual({ cart: 'already-on-target', orders: 'locked' });
    expect(await replan(simulation)).toEqual({ cart: 'already-on-target', orders: 'migrate' });
    expect(await statesOf(simulation)).toEqual({ cart: 'SUCCEEDED', orders: 'FINALIZED' });
  });
});

async function migrated(options: SimulationOptions = { services }): Promise<Simulation> {
  const simulation = await openSimulation(options);
  await simulation.apply();
  return simulation;
}

const request = (simulation: Simulation, targets: readonly string[]): Parameters<typeof finishRun>[1] => ({
  stateNamespace: 'changeover',
  run: simulation.plan.name,
  targets,
  by: 'ada@desk',
  signal: never,
});

function plan(simulation: Simulation): ReturnType<typeof planFinish> {
  return planFinish(simulation.openEngine().ports, request(simulation, []));
}

/** Undefined when it was killed on the way. */
async function finish(
  simulation: Simulation,
  hooks?: (engine: () => MortalPorts<EnginePorts>) => CallHooks,
  targets: readonly string[] = [],
): Promise<Awaited<ReturnType<typeof finishRun>> | undefined> {
  const engine: MortalPorts<EnginePorts> = simulation.openEngine(hooks?.(() => engine));
  return Promise.race([finishRun(engine.ports, request(simulation, targets)), engine.killed.then(() => undefined)]);
}

async function countCalls(simulation: Simulation): Promise<number> {
  let calls = 0;
  await finish(simulation, () => ({ after: (call) => void (calls = call.count) }));
  return calls;
}

function annotationsOf(simulation: Simulation): readonly object[] {
  return simulation
    .deployments()
    .map(({ metadata }) => Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith('changeover.dev/'))));
}

function podsOf({ world }: Simulation): readonly (string | undefined)[] {
  return world.store.list('v1', 'Pod').map(({ metadata }) => metadata.uid);
}

async function statesOf({ world, plan: { name } }: Simulation): Promise<{ readonly [name: string]: string }> {
  const records = await listRecords(world.connect(), 'changeover', name);
  return Object.fromEntries(records.map(({ value }) => [value.item.container, value.state]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

async function patch({ world }: Simulation, path: string, value: string): Promise<void> {
  await world.connect().patch(refTo(resources.deployment, 'shop', 'orders'), [{ op: 'replace', path, value }]);
}

async function replan(simulation: Simulation): Promise<{ readonly [name: string]: string }> {
  const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });
  const { items } = await makePlan(simulation.openEngine().ports, { policy, directory: '/', layerScan: true, allow: [] });
  return Object.fromEntries(items.map((item) => [item.id.split('/')[2], item.action === 'skip' ? item.skip.id : item.action]));
}
