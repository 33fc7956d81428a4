import { beforeAll, describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import type { RunStatus } from '../../core/rollout/run-status.ts';
import { fakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

describe('status --watch -o json', () => {
  let simulation: Simulation;

  beforeAll(async () => {
    simulation = await openSimulation({ services: [{ name: 'orders' }], rollout: { soak: '10m' } });
    const soaking = (): boolean => simulation.events.some((event) => event.type === 'workload.state' && event.to === 'SOAKING');
    await simulation.apply((engine) => ({ after: () => (soaking() ? engine().kill() : undefined) }));
  });

  it('writes a document per change: a countdown that goes on is none', async () => {
    const documents = await watch({ looks: 5 });

    expect(documents).toHaveLength(1);
    expect(documents[0]?.workloads[0]).toMatchObject({ state: 'SOAKING', waitingFor: { id: 'soak' } });
  });

  it('writes the next document once something has changed', async () => {
    const documents = await watch({ looks: 5, before: (look) => (look === 3 ? decide() : Promise.resolve()) });

    expect(documents.map((document) => document.decisions.length)).toEqual([0, 1]);
  });

  /** The documents of a watch that is interrupted after some looks. */
  async function watch({ looks, before }: { readonly looks: number; readonly before?: (look: number) => Promise<unknown> }): Promise<readonly RunStatus[]> {
    const { world } = simulation;
    let look = 0;
    const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
      look += 1;
      await before?.(look);
      if (look === looks) fake.interrupt();
      await world.clock.sleep(ms, signal);
    };
    const fake = fakeWiring({ wiring: { clock: { now: () => world.clock.now(), sleep }, openCluster: async () => world.connect() } });
    await runCli(['status', '--watch', '-o', 'json'], fake.wiring);
    return fake
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunStatus);
  }

  function decide(): Promise<number> {
    const fake = fakeWiring({ wiring: { clock: simulation.world.clock, openCluster: async () => simulation.world.connect() } });
    return runCli(['pause', '--yes'], fake.wiring);
  }
});
