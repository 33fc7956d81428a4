import { describe, expect, it } from 'vitest';
import { runRehearse } from '../../src/cli/commands/run-rehearse.ts';
import { fakeWiring } from '../../src/cli/fake-wiring.ts';
import { openRehearsal } from '../../src/main/open-rehearsal.ts';
import { applyToTheEnd, endOf, openSimulation, type Simulation } from './open-simulation.ts';

const services = [{ name: 'good' }, { name: 'bad', after: { crashAtMs: 1_500 } }, { name: 'late', replicas: 2 }] as const;
const open = (): Promise<Simulation> => openSimulation({ services, rollout: { waves: [2], batchSize: 2 } });

describe('an engine', () => {
  it('comes to the same end wherever it dies: every call, before and after its effect', async () => {
    const undisturbed = await open();
    let calls = 0;
    await undisturbed.apply(() => ({ after: (call) => void (calls = call.count) }));
    const expected = await endOf(undisturbed);

    expect(calls).toBeGreaterThan(100);
    for (let at = 1; at <= calls; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const simulation = await open();
        await simulation.apply((engine) => ({ [when]: (call: { readonly count: number }) => (call.count === at ? engine().kill() : undefined) }));
        await applyToTheEnd(simulation);

        expect(await endOf(simulation), `died ${when} call ${at}`).toEqual(expected);
      }
    }
  });
});

describe('changeover rehearse', () => {
  it('ends well with every seed', async () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const { wiring } = fakeWiring({ wiring: { openRehearsal: () => openRehearsal({ seed, paced: false }) } });

      const code = await runRehearse({ wiring, args: [], options: { output: 'json', color: false, stateNamespace: 'changeover', seed } });

      expect(code, `seed ${seed}`).toBe(0);
    }
  });
});
