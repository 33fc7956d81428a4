import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUndo } from '../../src/app/undo-steps.ts';
import { OUTCOME } from '../../src/core/rollout/marker.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';

const services = [{ name: 'good' }, { name: 'bad', after: { crashAtMs: 1_500 }, stack: 'spring-skywalking' }, { name: 'late', replicas: 2 }] as const;
const open = (): Promise<Simulation> => openSimulation({ services, rollout: { waves: [2], batchSize: 2 } });

describe('the patches of undo --print', () => {
  it('restore every workload of a run that went through', async () => {
    const simulation = await open();
    const before = simulation.deployments();
    await simulation.apply();

    const kinds = await undo(simulation);

    expect(kinds).toEqual(['restore', 'restore', 'nothing']);
    expect(simulation.deployments().map(restored)).toEqual(before.map(restored));
  });

  it('restore every workload wherever the engine died', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (at) => {
        const simulation = await open();
        const before = simulation.deployments();
        await simulation.apply((engine) => ({ after: (call) => (call.count === at ? engine().kill() : undefined) }));

        await undo(simulation);

        expect(simulation.deployments().map(restored)).toEqual(before.map(restored));
      }),
      { numRuns: 25 },
    );
  });
});

/** Sends what the script would send; the kinds of the steps. */
async function undo({ world, plan }: Simulation): Promise<readonly string[]> {
  const cluster = world.connect();
  const recorded = world.store.list('v1', 'ConfigMap').length > 0; // an engine killed before that has changed nothing
  const steps = recorded ? (await readUndo({ cluster, clock: world.clock }, { stateNamespace: 'changeover', run: plan.name, targets: [] })).steps : [];
  const resource = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
  for (const step of steps) {
    const [namespace = '', , name = ''] = step.id.split('/');
    if ('ops' in step) await cluster.patch({ resource, namespace, name }, step.ops);
  }
  return steps.map((step) => step.kind);
}

/** Spec and what is ours of the metadata, without what the server counts up. */
function restored(object: KubeObject): unknown {
  const { [OUTCOME]: _outcome, 'deployment.kubernetes.io/revision': _revision, ...annotations } = object.metadata.annotations ?? {};
  return { name: object.metadata.name, spec: object['spec'], annotations };
}
