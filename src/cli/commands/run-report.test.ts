import { beforeAll, describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import type { History } from '../../core/rollout/history.ts';
import type { Report } from '../../core/rollout/report.ts';
import { fakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

describe('report and history', () => {
  let simulation: Simulation;

  beforeAll(async () => {
    const words = ["Unrecognized VM option '=cmd|x'"];
    const services = [{ name: 'orders' }, { name: 'worse', after: { crashAtMs: 1_500, lastWords: words } }, { name: 'plain', container: { env: [] } }];
    simulation = await openSimulation({ services, spec: { owners: { label: 'app' }, select: { namespaces: ['shop'], exclude: ['shop/Deployment/plain'] } } });
    await simulation.apply();
  });

  it('tells every workload of the run with its team, its outcome and the cause', async () => {
    const report = JSON.parse(await output('report', '-o', 'json')) as Report;

    expect(report).toMatchObject({ kind: 'Report', phase: 'COMPLETED', startedBy: 'test' });
    expect(report.workloads.map(({ id, outcome, team }) => [id, outcome, team])).toEqual([
      ['shop/Deployment/orders', 'migrated', 'orders'],
      ['shop/Deployment/worse', 'rolled-back', 'worse'],
      ['shop/Deployment/plain', 'skipped', 'plain'],
    ]);
    expect(report.workloads[1]?.evidence?.cause?.id).toBe('agent-flag');
    expect(report.todo).toContainEqual(expect.objectContaining({ workload: 'shop/Deployment/worse', team: 'worse', kind: 'state', id: 'ROLLED_BACK' }));
  });

  it('asks nobody to do anything about what was excluded', async () => {
    const report = JSON.parse(await output('report', '-o', 'json')) as Report;

    expect(report.todo.map((each) => each.workload)).not.toContain('shop/Deployment/plain');
  });

  it('is grouped by owner for people and in Markdown', async () => {
    expect(await output('report', '--by', 'owner')).toMatch(/^worse\n\nTo do by hand\n {2}- shop\/worse: it runs as before/m);
    const markdown = await output('report', '--by', 'owner', '--format', 'md');
    expect(markdown).toMatch(/^## worse\n\n### To do by hand\n\n- \[ \] `shop\/Deployment\/worse`: it runs as before/m);
    expect(markdown.match(/^## (?:worse|orders|plain)$/gm)).toEqual(['## orders', '## plain', '## worse']);
    expect(markdown).toContain('=cmd\\|x');
  });

  it('is a line per workload in CSV, without formulas', async () => {
    const lines = (await output('report', '--format', 'csv')).split('\r\n');

    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^owner,namespace,kind,name,outcome/);
    expect(lines[2]).toMatch(/^worse,shop,Deployment,worse,rolled-back,ROLLED_BACK,/);
    expect(lines[2]).toContain(',agent-flag,');
  });

  it('does not guess which of two formats is meant', async () => {
    const { wiring, err } = fakeWiring({ wiring: { openCluster: async () => simulation.world.connect() } });

    expect(await runCli(['report', '--format', 'csv', '-o', 'json'], wiring)).toBe(2);
    expect(err()).toContain('contradict');
  });

  it('history lists the run with its counts', async () => {
    const { runs } = JSON.parse(await output('history', '-o', 'json')) as History;

    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ run: simulation.plan.name, phase: 'COMPLETED', startedBy: 'test', counts: { migrated: 1, 'rolled-back': 1, skipped: 1 } });
    expect(await output('history')).toContain('1 migrated, 1 rolled back, 1 skipped');
  });

  it('history of a cluster without runs says so', async () => {
    const { runs } = JSON.parse(await output('history', '-o', 'json', '--state-namespace', 'other')) as History;

    expect(runs).toEqual([]);
  });

  async function output(...argv: readonly string[]): Promise<string> {
    const { wiring, out } = fakeWiring({ wiring: { clock: simulation.world.clock, openCluster: async () => simulation.world.connect() } });
    expect(await runCli(argv, wiring)).toBe(0);
    return out();
  }
});
