import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../src/app/apply-plan.ts';
import type { RunEvent } from '../../src/core/rollout/event.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import { applyToTheEnd, openSimulation, type Simulation } from './open-simulation.ts';

const services = [{ name: 'good' }, { name: 'worse', after: { crashAtMs: 1_500 } }] as const;
const never = new AbortController().signal;

describe('Kubernetes Events of a run', () => {
  it('tell the team of each workload what changed, from what to what, why and by whom', async () => {
    const simulation = await openSimulation({ services });

    await run(simulation, simulation.world.connect());

    const said = simulation.world.store
      .list('v1', 'Event')
      .map((event) => [(event['involvedObject'] as { name: string }).name, event['reason'], event['type']]);
    expect(said).toHaveLength(4);
    expect(said).toEqual(
      expect.arrayContaining([
        ['good', 'ChangeoverApplied', 'Normal'],
        ['good', 'ChangeoverMigrated', 'Normal'],
        ['worse', 'ChangeoverApplied', 'Normal'],
        ['worse', 'ChangeoverRolledBack', 'Warning'],
      ]),
    );
    const [applied] = about(simulation, 'good').filter((event) => event['reason'] === 'ChangeoverApplied');
    const uid = simulation.deployments().find((object) => object.metadata.name === 'good')?.metadata.uid;
    expect(applied).toMatchObject({
      metadata: { namespace: 'shop' },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'good', uid },
    });
    expect(applied?.['message']).toMatch(
      /^tracing agent of container good replaced: image registry\.example\.com\/shop\/good:1 -> \S+:1-otel-[0-9a-f]{8}@sha256:\S+ \(/,
    );
    expect(applied?.['message']).toContain(`run ${simulation.plan.name}, started by ada@desk as simulated-admin: quarterly, ticket CHG-1)`);
    expect(about(simulation, 'worse').find((event) => event['reason'] === 'ChangeoverRolledBack')?.['message']).toContain('new pods failed: container-');
  });

  it('say nothing twice when an engine dies and another goes on', async () => {
    const simulation = await openSimulation({ services });
    for (const at of [60, 90, 120]) await simulation.apply((engine) => ({ after: (call) => (call.count === at ? engine().kill() : undefined) }));

    await applyToTheEnd(simulation);

    const reasons = about(simulation, 'good').map((event) => event['reason']);
    expect(reasons).toHaveLength(2);
    expect(new Set(reasons)).toEqual(new Set(['ChangeoverApplied', 'ChangeoverMigrated']));
  });

  it('that may not be written change nothing but one warning', async () => {
    const simulation = await openSimulation({ services });
    const events: RunEvent[] = [];

    const result = await run(simulation, simulation.world.connect({ denies: ({ resource }) => resource === 'events' }), events);

    expect(result.status.counts).toMatchObject({ migrated: 1, 'rolled-back': 1 });
    expect(events.filter((event) => event.type === 'warning').map((event) => event.reason.id)).toEqual(['event-not-written']);
    expect(events.at(-1)?.type).toBe('run.finished');
  });

  it('that get no answer hold up neither a step nor the end of the run', async () => {
    const simulation = await openSimulation({ services });
    const cluster = simulation.world.connect();
    const deaf: Cluster = { ...cluster, create: (object, write) => (object.kind === 'Event' ? new Promise(() => undefined) : cluster.create(object, write)) };

    const result = await run(simulation, deaf);

    expect(result.status.counts).toMatchObject({ migrated: 1, 'rolled-back': 1 });
  });
});

function run(simulation: Simulation, cluster: Cluster, events: RunEvent[] = []): ReturnType<typeof applyPlan> {
  const ports = { ...simulation.openEngine().ports, cluster };
  const why = { by: 'ada@desk', reason: 'quarterly', ticket: 'CHG-1' };
  return applyPlan(ports, simulation.plan, { stateNamespace: 'changeover', emit: (event) => events.push(event), stop: never, kill: never, ...why });
}

function about(simulation: Simulation, name: string): readonly KubeObject[] {
  return simulation.world.store.list('v1', 'Event').filter((event) => (event['involvedObject'] as { name: string }).name === name);
}
