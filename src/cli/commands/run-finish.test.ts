import { describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import { fakeWiring, type FakeOutside, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

describe('finish', () => {
  it('says what becomes irreversible and changes nothing without a yes', async () => {
    const simulation = await migrated();
    const before = simulation.deployments();

    const alone = wired(simulation);
    expect(await runCli(['finish'], alone.wiring)).toBe(2);
    const asked = wired(simulation, { tty: true, answers: ['no'] });
    expect(await runCli(['finish'], asked.wiring)).toBe(130);

    expect(asked.err()).toContain('1 workload can no longer be put back');
    expect(asked.err()).toContain('changeover.dev/intent');
    expect(simulation.deployments()).toEqual(before);
  });

  it('ends the way back with --yes, and then has nothing to do', async () => {
    const simulation = await migrated();

    const first = wired(simulation);
    const code = await runCli(['finish', '--yes'], first.wiring);
    const second = wired(simulation);
    const again = await runCli(['finish'], second.wiring);

    expect([code, again]).toEqual([0, 0]);
    expect(first.err()).toContain('this cannot be undone');
    expect(first.out()).toContain('annotations taken off 1 workload');
    expect(second.out()).toContain('Nothing to do');
  });
});

async function migrated(): Promise<Simulation> {
  const simulation = await openSimulation({ services: [{ name: 'orders' }] });
  await simulation.apply();
  return simulation;
}

function wired(simulation: Simulation, outside: FakeOutside = {}): FakeWiring {
  const { ports } = simulation.openEngine();
  const openEngine = async (): Promise<{ ports: typeof ports; close: () => Promise<void> }> => ({ ports, close: async () => undefined });
  return fakeWiring({ ...outside, wiring: { clock: simulation.world.clock, openCluster: async () => simulation.world.connect(), openEngine } });
}
