import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import { recordDecision } from '../../src/app/record-decision.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';

describe('a record that a hand has damaged', () => {
  it.each<readonly [string, (record: JsonObject) => string, string, string]>([
    ['bad JSON', (record) => JSON.stringify(record).slice(0, -5), 'refused', 'edited by hand'],
    ['a missing field', ({ epoch: _epoch, ...rest }) => JSON.stringify(rest), 'refused', 'epoch'],
    ['an unknown state', (record) => JSON.stringify({ ...record, ...('item' in record ? { state: 'DONE' } : { phase: 'DONE' }) }), 'refused', 'edited by hand'],
    ['another version', (record) => JSON.stringify({ ...record, version: 2 }), 'unsupported', 'version 2'],
  ])('by %s stops the run with its name and what to do, and nothing is changed', async (_what, damage, code, words) => {
    for (const which of ['run', 'workload']) {
      const simulation = await started();
      await damageRecord(simulation, which, damage);
      const before = simulation.deployments();

      await expect(simulation.apply()).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words),
        target: expect.stringMatching(/^changeover\/ConfigMap\/changeover-run-/),
        hint: expect.stringMatching(/\w/),
      });

      expect(simulation.deployments()).toEqual(before);
    }
  });
});

describe('bad input to a run', () => {
  it('a decision about a workload it does not have is refused with those it has', async () => {
    const simulation = await started();

    const decision = decide(simulation, ['shop/Deployment/other']);

    await expect(decision).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('other'), hint: expect.stringMatching(/\w/) });
  });

  it('a plan that was edited since the run began is refused', async () => {
    const simulation = await started();
    const never = new AbortController().signal;
    const edited = { ...simulation.plan, hash: 'f'.repeat(64) };

    const run = applyPlan(simulation.openEngine().ports, edited, { stateNamespace: 'changeover', by: 'test', emit: () => undefined, stop: never, kill: never });

    await expect(run).rejects.toMatchObject({ code: 'plan-mismatch', hint: expect.stringContaining('plan anew') });
  });
});

/** A run whose first instance died in the middle of it. */
async function started(): Promise<Simulation> {
  const simulation = await openSimulation({ services: [{ name: 'one' }, { name: 'two' }] });
  await simulation.apply((engine) => ({ after: ({ method }) => (method === 'patch' ? engine().kill() : undefined) }));
  return simulation;
}

async function damageRecord({ world }: Simulation, which: string, damage: (record: JsonObject) => string): Promise<void> {
  const found = world.store.list('v1', 'ConfigMap').find((each) => each.metadata.labels?.['changeover.dev/record'] === which) as KubeObject & {
    readonly data: { readonly record: string };
  };
  await world.connect().replace({ ...found, data: { record: damage(JSON.parse(found.data.record) as JsonObject) } });
}

function decide({ world, plan }: Simulation, targets: readonly string[]): Promise<unknown> {
  return recordDecision(
    { cluster: world.connect(), clock: world.clock },
    { stateNamespace: 'changeover', run: plan.name, kind: 'exclude', targets, by: 'test' },
  );
}
