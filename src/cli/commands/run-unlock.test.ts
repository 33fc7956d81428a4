import { describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import { acquireLease } from '../../app/lease.ts';
import { readRun } from '../../app/state-store.ts';
import type { RunRecord } from '../../core/rollout/run-record.ts';
import { fakeWiring, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

const STATE = 'changeover';

async function unlock(simulation: Simulation, argv: readonly string[]): Promise<FakeWiring & { readonly code: number }> {
  const { ports } = simulation.openEngine();
  const fake = fakeWiring({ wiring: { openCluster: async () => ports.cluster, clock: ports.clock } });
  return { ...fake, code: await runCli(['unlock', ...argv, '--yes'], fake.wiring) };
}

async function recordedRun(simulation: Simulation): Promise<RunRecord | undefined> {
  return (await readRun(simulation.world.connect(), STATE, simulation.plan.name))?.value;
}

/** A run whose engine was killed while it drove. */
async function killed(): Promise<Simulation> {
  const simulation = await openSimulation({ services: [{ name: 'a' }] });
  await simulation.apply((engine) => ({ after: ({ count }) => (count === 25 ? engine().kill() : undefined) }));
  return simulation;
}

describe('unlock', () => {
  it('takes the run from a dead instance, raises the epoch, and records who and why; then the run goes on at once', async () => {
    const simulation = await killed();
    const before = await recordedRun(simulation);
    const answer = await unlock(simulation, [simulation.plan.name, '--reason', 'laptop lost']);
    const after = await recordedRun(simulation);

    expect(answer.code).toBe(0);
    expect(answer.err()).toContain(`unlocked: run ${simulation.plan.name} was held by engine-`);
    expect(after?.epoch).toBe((before?.epoch ?? 0) + 1);
    expect(after?.decisions).toMatchObject([{ kind: 'unlock', by: 'ada@desk', reason: expect.stringMatching(/^laptop lost \(held by engine-/) }]);
    expect(await simulation.apply()).toMatchObject({ exitCode: 0, status: { counts: { migrated: 1 } } });
    expect(simulation.events.filter((event) => event.type === 'warning' && event.reason.id === 'lease-wait')).toEqual([]);
  });

  it('refuses while the holder renews its Lease', async () => {
    const simulation = await killed();
    const { clock } = simulation.world;
    await clock.sleep(30_000);
    const lease = await acquireLease(simulation.world.connect(), clock, { stateNamespace: STATE, run: simulation.plan.name, identity: 'alive' });

    const answer = await unlock(simulation, [simulation.plan.name, '--reason', 'hurry']);
    await lease.release();

    expect(answer.code).toBe(3);
    expect(answer.err()).toContain('driven by alive');
    expect((await recordedRun(simulation))?.decisions).toEqual([]);
  });

  it('says so when nobody holds the run, and writes nothing', async () => {
    const simulation = await openSimulation({ services: [{ name: 'a' }] });
    await simulation.apply();

    expect((await unlock(simulation, [simulation.plan.name, '--reason', 'x'])).err()).toContain('nothing to unlock');
    expect((await recordedRun(simulation))?.decisions).toEqual([]);
  });

  it('needs a run that exists, and a reason', async () => {
    const simulation = await openSimulation({ services: [] });

    expect((await unlock(simulation, ['no-such-run', '--reason', 'x'])).code).toBe(2);
    expect((await unlock(simulation, ['no-such-run'])).err()).toContain('unlock needs --reason');
  });
});
