import { describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../test/simulation/open-simulation.ts';
import { sampleAgentFiles } from '../adapters/simulated/sample-images.ts';
import type { JsonObject } from '../core/json.ts';
import type { Plan } from '../core/plan/plan.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { TraceStore } from '../ports/trace-store.ts';
import { makePlan } from './make-plan.ts';

describe('makePlan', () => {
  it('says which bridge the agent layer holds, and its bytes name the images', async () => {
    const simulation = await fleet({});
    const agent = sampleAgentFiles();
    const other = { ...agent, bridge: 'sha256:other', files: agent.files.map((file) => ({ ...file, bytes: new Uint8Array([1]) })) };

    const [first, second] = [await plan(simulation, { agentFiles: async () => agent }), await plan(simulation, { agentFiles: async () => other })];

    expect(first.agentLayer.bridge).toBe(agent.bridge);
    expect(second.agentLayer.bridge).toBe('sha256:other');
    expect(hashes(first)).not.toEqual(hashes(second));
    expect(first).not.toHaveProperty('expectedBreaks');
  });

  it('names what breaks without the bridge, and the exact calls where the trace store counts them', async () => {
    const simulation = await fleet({ bridge: false });
    const services = { switched: ['cart'], notYet: ['orders'] };

    expect((await plan(simulation, {})).expectedBreaks).toEqual([{ batch: 1, services }]);
    expect((await plan(simulation, {}, async () => [{ from: 'orders', to: 'cart', calls: 4 }])).expectedBreaks).toEqual([
      { batch: 1, services, edges: [{ from: 'orders', to: 'cart' }] },
    ]);
    expect((await plan(simulation, {}, async () => [])).expectedBreaks).toEqual([{ batch: 1, services }]);
  });

  it('orders the batches by the call graph where the policy says so and the store knows it, else by name', async () => {
    const services = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const spec = { verify: { jaeger: 'http://jaeger.invalid:16686' } };
    const simulation = await openSimulation({ services, rollout: { waves: [1], topology: 'jaeger' }, spec });
    const calls = async () => [['a', 'c'] as const, ['c', 'b'] as const, ['b', 'd'] as const].map(([from, to]) => ({ from, to, calls: 1 }));
    const names = ({ batches }: Plan): string =>
      batches
        .flat()
        .map((id) => id.at(-1))
        .join('');

    expect(names(await plan(simulation, {}, calls))).toBe('acbd');
    expect(names(await plan(simulation, {}, async () => []))).toBe('abcd');
  });
});

async function fleet(to: JsonObject): Promise<Simulation> {
  return openSimulation({ services: [{ name: 'cart' }, { name: 'orders' }], rollout: { waves: [1] }, spec: { to: { files: { path: 'agent.jar' }, ...to } } });
}

async function plan(simulation: Simulation, ports: Partial<Parameters<typeof makePlan>[0]>, dependencies?: TraceStore['dependencies']): Promise<Plan> {
  const policy = parsePolicy(simulation.plan.policy, { file: 'policy', position: () => undefined });
  const traces = dependencies && { services: async () => [], traces: async () => [], dependencies };
  return makePlan({ ...simulation.openEngine().ports, ...ports }, { policy, directory: '/', layerScan: true, allow: [], traces });
}

function hashes({ items }: Plan): readonly string[] {
  return items.flatMap((item) => (item.action === 'migrate' ? [item.target.hash8] : []));
}
