import { expect, it } from 'vitest';
import { endOf, openSimulation } from './open-simulation.ts';

it('an engine that is away for half an hour with ten workloads in flight settles them before it starts another', async () => {
  const services = Array.from({ length: 14 }, (_, index) => ({ name: `service-${index}` }));
  const rollout = { waves: [10], batchSize: 10, soak: '60s' };
  const undisturbed = await openSimulation({ services, rollout });
  await undisturbed.apply();
  const simulation = await openSimulation({ services, rollout });
  const states = (): readonly string[] => simulation.events.flatMap((event) => (event.type === 'workload.state' ? [event.to] : []));
  const inFlight = (): number => states().filter((state) => state === 'APPLIED').length - states().filter((state) => state === 'SUCCEEDED').length;

  const first = await simulation.apply((engine) => ({ before: () => (inFlight() === 10 ? engine().kill() : undefined) }));
  await simulation.world.clock.sleep(30 * 60_000);
  const seen = states().length;
  const result = await simulation.apply();

  expect(first).toBe('died');
  expect(result).toMatchObject({ exitCode: 0, status: { counts: { migrated: 14 } } });
  const after = states().slice(seen);
  expect(after.slice(0, after.indexOf('CLAIMED')).filter((state) => state === 'SUCCEEDED')).toHaveLength(10);
  expect(await endOf(simulation)).toEqual(await endOf(undisturbed));
});
