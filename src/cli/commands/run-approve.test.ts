import { describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import { fakeWiring, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

async function open(): Promise<Simulation> {
  return openSimulation({
    services: [
      { name: 'orders', metadata: { labels: { team: 'shop' } } },
      { name: 'pay', metadata: { labels: { team: 'money' } } },
    ],
    spec: { owners: { label: 'team' }, approvals: { perOwner: true } },
  });
}

async function approve(simulation: Simulation, argv: readonly string[]): Promise<FakeWiring & { readonly code: number }> {
  const { ports } = simulation.openEngine();
  const fake = fakeWiring({
    files: { 'plan.json': JSON.stringify(simulation.plan) },
    wiring: { openCluster: async () => ports.cluster, clock: ports.clock },
  });
  return { ...fake, code: await runCli(['approve', 'plan.json', ...argv], fake.wiring) };
}

describe('approve', () => {
  it('lets a plan run once every owner has approved their slice, and not before', async () => {
    const simulation = await open();
    await expect(simulation.apply()).rejects.toThrow('owner money lacks 1 (has none); owner shop lacks 1 (has none)');
    const first = await approve(simulation, ['--owner', 'shop', '--yes']);
    const refused = simulation.apply();

    await expect(refused).rejects.toMatchObject({
      code: 'refused',
      message: expect.not.stringContaining('shop'),
      hint: expect.stringContaining('--owner money'),
    });
    expect(simulation.world.store.list('v1', 'ConfigMap').filter((object) => object.metadata.name.startsWith('changeover-run-'))).toEqual([]);
    const second = await approve(simulation, ['--owner', 'money', '--yes', '-o', 'json']);

    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.out()).toContain('owner money: 0 approvals, 1 missing');
    expect(JSON.parse(second.out())).toMatchObject({
      kind: 'Approvals',
      approval: { owner: 'money', planHash: simulation.plan.hash },
      slices: [{ missing: 0 }, { missing: 0 }],
    });
    expect(await simulation.apply()).toMatchObject({ exitCode: 0, status: { counts: { migrated: 2 } } });
  });

  it('refuses an owner the plan knows nothing of, and names those it knows', async () => {
    const answer = await approve(await open(), ['--owner', 'nobody', '--yes']);

    expect(answer.code).toBe(2);
    expect(answer.err()).toContain('Its owners are money, shop.');
  });

  it('writes nothing without a yes', async () => {
    const simulation = await open();

    expect((await approve(simulation, [])).code).toBe(2);
    expect(simulation.world.store.list('v1', 'ConfigMap').filter((object) => object.metadata.name.includes('approvals'))).toEqual([]);
  });
});
