import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { applyToTheEnd, endOf, openSimulation, type Simulation } from './open-simulation.ts';

/** One workload that migrates, one that is rolled back: together they pass through every state. */
const services = [{ name: 'good' }, { name: 'bad', after: { crashAtMs: 1_500 }, stack: 'spring-skywalking' }, { name: 'late', replicas: 2 }] as const;
const open = (): Promise<Simulation> => openSimulation({ services, rollout: { waves: [2], batchSize: 2 } });

describe('an engine that dies', () => {
  let calls = 0;
  let undisturbed: JsonObject;

  beforeAll(async () => {
    const simulation = await open();
    const result = await simulation.apply(() => ({ after: (call) => void (calls = call.count) }));
    undisturbed = await endOf(simulation);
    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2, 'rolled-back': 1 } } });
  });

  it('at any call, before or after its effect, and dies again while resuming, comes to the same end', async () => {
    const death = fc.record({ at: fc.integer({ min: 1, max: calls }), when: fc.constantFrom('before' as const, 'after' as const) });

    await fc.assert(
      fc.asyncProperty(fc.array(death, { minLength: 1, maxLength: 3 }), async (deaths) => {
        const simulation = await open();
        for (const { at, when } of deaths) {
          await simulation.apply((engine) => ({ [when]: (call: { readonly count: number }) => (call.count === at ? engine().kill() : undefined) }));
        }
        const result = await applyToTheEnd(simulation);

        expect(result.exitCode).toBe(0);
        expect(await endOf(simulation)).toEqual(undisturbed);
      }),
      { numRuns: 40 },
    );
  });
});
