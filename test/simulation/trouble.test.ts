import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../src/core/error.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

/** The pilot of their stack goes alone. */
const services = [{ name: 'a-pilot' }, { name: 'first' }, { name: 'second' }, { name: 'third' }];

/** Lets every push of an image of `service` fail. */
function failingPush(simulation: Simulation, service: string, error: ChangeoverError): ReturnType<Simulation['apply']> {
  return simulation.apply(() => ({
    before: ({ port, method, args }) => {
      if (port === 'registry' && method === 'putManifest' && JSON.stringify(args[0]).includes(`/${service}"`)) throw error;
    },
  }));
}

describe('a registry that fails in the middle of a run', () => {
  it.each([
    // A refusal comes at once, before the others are touched; an outage is waited out, and they move meanwhile.
    ['denied', new ChangeoverError('denied', 'push to shop/second: DENIED'), false],
    ['unreachable', new ChangeoverError('unreachable', 'no answer', { retryable: true }), true],
  ] as const)('by being %s ends the run with that error, but not before what is in flight has settled', async (code, error, othersMove) => {
    const simulation = await openSimulation({ services, rollout: { waves: [3], soak: '5m' } });

    await expect(failingPush(simulation, 'second', error)).rejects.toMatchObject({ code });

    const states = simulation.deployments().map((object) => [object.metadata.name, object.metadata.annotations?.['changeover.dev/outcome'] !== undefined]);
    expect(Object.fromEntries(states)).toEqual({ 'a-pilot': true, first: othersMove, second: false, third: othersMove });
    expect(simulation.deployments().filter((object) => object.metadata.annotations?.['changeover.dev/marker']?.includes('"claimed"'))).toEqual([]);
    expect(await applyToTheEnd(simulation)).toMatchObject({ exitCode: 0, status: { counts: { migrated: 4 } } });
  });

  it('by refusing one image skips that workload and moves the rest', async () => {
    const simulation = await openSimulation({ services, rollout: { waves: [3] } });

    const result = await failingPush(simulation, 'second', new ChangeoverError('refused', 'quota of project shop exceeded'));

    expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 3, skipped: 1 } } });
    if (result === 'died') throw new Error('the engine died');
    expect(result.status.workloads.find((each) => each.id.endsWith('/second'))).toMatchObject({
      reason: { id: 'blocked', params: { findings: ['registry-full'], detail: 'the registry has no room for the new image: quota of project shop exceeded' } },
    });
  });
});
