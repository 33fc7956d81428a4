import { describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import { refTo, resources } from '../../app/resources.ts';
import { rightsFor } from '../../core/doctor/permissions.ts';
import type { DriftReport } from '../../core/drift/drift-report.ts';
import type { AccessQuery, Cluster } from '../../ports/cluster.ts';
import { fakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

describe('drift', () => {
  it('is 0 after a run that went through, and 3 once a release brings the old agent back', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }, { name: 'cart' }] });
    await simulation.apply();

    const before = await drift(simulation);
    await setImage(simulation, 'orders', 'registry.example.com/shop/orders:1');
    const after = await drift(simulation);

    expect([before.code, before.report.items, before.report.checked]).toEqual([0, [], 2]);
    expect(after.code).toBe(3);
    expect(after.report.items.map(({ id, finding }) => [id, finding.id])).toEqual([['shop/Deployment/orders', 'old-agent-back']]);
  });

  it('reads with exactly the rights that doctor prints for it', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    await simulation.apply();
    const refused: string[] = [];
    const rights = rightsFor('drift', { namespaces: ['shop'], byLabel: false, stateNamespace: 'changeover' });
    const denies = (query: AccessQuery): boolean => {
      const may = rights.some(
        (right) =>
          right.group === query.group &&
          right.resource === query.resource &&
          right.subresource === query.subresource &&
          right.verbs.includes(query.verb) &&
          (right.namespace === undefined || right.namespace === query.namespace),
      );
      if (!may) refused.push(`${query.verb} ${query.resource}`);
      return !may;
    };

    const { code } = await drift(simulation, simulation.world.connect({ denies }));

    expect(refused).toEqual([]);
    expect(code).toBe(0);
  });

  it('says for people what to do', async () => {
    const simulation = await openSimulation({ services: [{ name: 'orders' }] });
    await simulation.apply();
    await setImage(simulation, 'orders', 'registry.example.com/shop/orders:1');
    const { wiring, out } = wired(simulation);

    await runCli(['drift'], wiring);

    expect(out()).toMatch(/Back on the old agent \(1\)\n {2}shop\/orders: runs skywalking again/);
  });
});

async function drift(simulation: Simulation, cluster?: Cluster): Promise<{ readonly code: number; readonly report: DriftReport }> {
  const { wiring, out } = wired(simulation, cluster);
  const code = await runCli(['drift', '-o', 'json'], wiring);
  return { code, report: JSON.parse(out()) as DriftReport };
}

function wired(simulation: Simulation, cluster: Cluster = simulation.world.connect()): ReturnType<typeof fakeWiring> {
  const openEngine = async (): Promise<{ ports: ReturnType<Simulation['openEngine']>['ports']; close: () => Promise<void> }> => ({
    ports: { ...simulation.openEngine().ports, cluster },
    close: async () => undefined,
  });
  return fakeWiring({ wiring: { clock: simulation.world.clock, openCluster: async () => cluster, openEngine } });
}

async function setImage({ world }: Simulation, name: string, value: string): Promise<void> {
  const path = '/spec/template/spec/containers/0/image';
  await world.connect().patch(refTo(resources.deployment, 'shop', name), [{ op: 'replace', path, value }]);
  await world.clock.sleep(60_000);
}
