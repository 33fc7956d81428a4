import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../src/core/error.ts';
import { hashJson } from '../../src/core/hash-json.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const rollout = { drill: true, maxFailures: 0 };

describe('a drill', () => {
  it('sends the first workload forward, back to exactly what it was, and forward again, and says how long the way back took', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one', replicas: 2 }, { name: 'two' }], rollout });
    const before = specOf(simulation, 'one');
    const after: string[] = [];
    simulation.world.store.subscribe(({ object }) => {
      const spec = object.kind === 'Deployment' && object.metadata.name === 'one' ? hashJson(object['spec'] ?? null) : undefined;
      if (spec !== undefined && spec !== after.at(-1)) after.push(spec);
    });

    const { status, exitCode } = await applyToTheEnd(simulation);

    const [one, two] = status.workloads;
    const last = specOf(simulation, 'one');
    expect(exitCode).toBe(0);
    expect(status.counts).toMatchObject({ migrated: 2 });
    expect(one?.drill?.tookMs).toBeGreaterThan(3_000);
    expect(one?.drill?.tookMs).toBeLessThan(60_000);
    expect(two?.drill).toBeUndefined();
    // The intent on the pod template is another one the second time.
    expect(after).toEqual([before, expect.not.stringMatching(before), before, last]);
    expect(last).not.toBe(before);
    expect(waits(simulation)).toEqual(['drill', 'drilled']);
  });

  it('that cannot go back is a failed rollback, and nothing else starts', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }, { name: 'two' }], rollout: { ...rollout, waves: [1] } });

    const result = await simulation.apply(() => ({
      before: ({ method, args }) => {
        if (method === 'patch' && JSON.stringify(args[1]).includes('rolled-back')) throw refusal();
      },
    }));

    expect(result).toMatchObject({ exitCode: 4, status: { phase: 'HALTED', halt: { id: 'rollback-failed' } } });
    if (result === 'died') throw new Error('died');
    expect(result.status.workloads.map((each) => each.state)).toEqual(['RB_FAILED', 'PLANNED']);
  });

  it('goes on where it stood after a kill', async () => {
    const simulation = await openSimulation({ services: [{ name: 'one' }], rollout });
    const turning = (): boolean => simulation.events.some((event) => event.type === 'workload.state' && event.to === 'RB_ROLLING');

    const died = await simulation.apply((engine) => ({ after: () => (turning() ? engine().kill() : undefined) }));
    const { status } = await applyToTheEnd(simulation);

    expect(died).toBe('died');
    expect(status.counts).toMatchObject({ migrated: 1 });
    expect(waits(simulation).filter((id) => id === 'drilled')).toHaveLength(1);
  });
});

function refusal(): ChangeoverError {
  return new ChangeoverError('refused', 'admission webhook denied the request');
}

function waits(simulation: Simulation): readonly string[] {
  return simulation.events.flatMap((event) =>
    event.type === 'workload.state' && event.waitingFor && (event.to === 'RB_INTENT' || event.to === 'PLANNED') ? [event.waitingFor.id] : [],
  );
}

function specOf(simulation: Simulation, name: string): string {
  return hashJson(simulation.deployments().find((object) => object.metadata.name === name)?.['spec'] ?? null);
}
