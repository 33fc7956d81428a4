import { describe, expect, it } from 'vitest';
import { readStatus } from '../../src/app/read-status.ts';
import { applyToTheEnd, openSimulation } from './open-simulation.ts';

describe('a run with change windows', () => {
  it('waits for its window, says until when, and then moves the fleet', async () => {
    const clock = (await openSimulation({ services: [] })).world.clock;
    const opens = new Date(clock.now() + 2 * 3_600_000);
    const schedule = `${opens.getUTCMinutes()} ${opens.getUTCHours()} * * *`;
    const until = new Date(opens.setUTCSeconds(0, 0)).toISOString();
    const rollout = { windows: [{ kind: 'allow', schedule, duration: '1h' }] };
    const simulation = await openSimulation({ services: [{ name: 'a' }, { name: 'b' }], rollout });
    const running = simulation.apply();
    await simulation.world.clock.sleep(3_600_000);

    const status = await readStatus({ cluster: simulation.world.connect(), clock: simulation.world.clock }, { stateNamespace: 'changeover' });
    const before = simulation.events.map((event) => event.type);
    const ended = await running;

    expect(status).toMatchObject({ phase: 'RUNNING', held: { id: 'window-closed', params: { by: 'allow', until } } });
    expect(before).toEqual(['run.started', 'warning']);
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
    const first = simulation.events.find((event) => event.type === 'batch.started');
    expect(Date.parse(first?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(until));
  });
});

describe('a run with a limit of surge pods', () => {
  it('never has more extra pods than that in rollouts under way, and moves everybody', async () => {
    const services = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, replicas: 4 }));
    const simulation = await openSimulation({ services, rollout: { waves: [1, 10], maxSurgePods: 2 } });
    const surge = new Map(simulation.plan.items.flatMap((item) => (item.action === 'migrate' ? [[item.id, item.surge] as const] : [])));

    const ended = await applyToTheEnd(simulation);

    const flying = new Set<string>();
    let most = 0;
    for (const event of simulation.events) {
      if (event.type !== 'workload.state') continue;
      if (['ARTIFACT', 'READY', 'CLAIMED', 'APPLY_INTENT', 'APPLIED', 'ROLLING'].includes(event.to)) flying.add(event.workload);
      else flying.delete(event.workload);
      most = Math.max(
        most,
        [...flying].reduce((sum, id) => sum + (surge.get(id) ?? 0), 0),
      );
    }
    expect(ended).toMatchObject({ exitCode: 0, status: { counts: { migrated: 5 } } });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
  });
});
