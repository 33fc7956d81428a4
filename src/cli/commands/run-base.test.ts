import { beforeAll, describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import { fakeWiring, type FakeOutside, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

const BASE = 'registry.example.com/shop/orders:1';
const { repository } = parseImageReference(BASE);

describe('base', () => {
  let simulation: Simulation;

  beforeAll(async () => {
    simulation = await openSimulation({ services: [{ name: 'orders' }, { name: 'login' }, { name: 'web', stack: 'spring-skywalking' }] });
  });

  async function run(argv: readonly string[], outside: FakeOutside = {}): Promise<FakeWiring & { readonly code: number }> {
    const { ports } = simulation.openEngine();
    const opened = { ports, close: async () => undefined };
    const fake = fakeWiring({
      ...outside,
      files: { 'policy.yaml': JSON.stringify(simulation.plan.policy) },
      wiring: { openCluster: async () => ports.cluster, openEngine: async () => opened, openImages: async () => opened },
    });
    return { ...fake, code: await runCli(['base', ...argv], fake.wiring) };
  }

  it('says from how many bases the old agent comes, without a policy', async () => {
    const table = await run(['-n', 'shop']);
    const json = await run(['-n', 'shop', '-o', 'json']);

    expect(table.code).toBe(0);
    expect(table.out()).toMatch(/^\d of 3 inherit skywalking from 1 base\n/);
    const report = JSON.parse(json.out());
    expect(report).toMatchObject({ kind: 'BaseReport', agent: 'skywalking', workloads: 3, carrying: 3, unknown: [] });
    expect(report.bases[0].workloads.length).toBe(report.inheriting);
  });

  it('rewrites a base under a new tag and moves its own, the old image keeping one', async () => {
    const { registry } = simulation.openEngine().ports;
    const before = await registry.manifest(repository, '1');

    const dry = await run(['rewrite', BASE, '-p', 'policy.yaml', '--retag', '--dry-run', '-o', 'json']);
    const untouched = await registry.manifest(repository, '1');
    const done = await run(['rewrite', BASE, '-p', 'policy.yaml', '--retag', '--yes', '-o', 'json']);

    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.out())).toMatchObject({ kind: 'BaseReport', retag: { status: 'planned', before: before?.digest } });
    expect(untouched?.digest).toBe(before?.digest);
    expect(done.code).toBe(0);
    const { rewrite, retag } = JSON.parse(done.out());
    expect(rewrite.reference).toMatch(/^registry\.example\.com\/shop\/orders:1-otel-[0-9a-f]{8}$/);
    expect((await registry.manifest(repository, '1'))?.digest).toBe(rewrite.digest);
    expect((await registry.manifest(repository, parseImageReference(retag.kept).tag ?? ''))?.digest).toBe(before?.digest);
  });

  it('moves nothing without a yes', async () => {
    const { registry } = simulation.openEngine().ports;
    const login = 'registry.example.com/shop/login:1';
    const before = (await registry.manifest(parseImageReference(login).repository, '1'))?.digest;

    const unasked = await run(['rewrite', login, '-p', 'policy.yaml', '--retag']);
    const declined = await run(['rewrite', login, '-p', 'policy.yaml', '--retag'], { tty: true, answers: ['no'] });

    expect(unasked.code).toBe(2);
    expect(declined.code).not.toBe(0);
    expect(declined.err()).toContain(`${login} would point to the new image`);
    expect((await registry.manifest(parseImageReference(login).repository, '1'))?.digest).toBe(before);
  });

  it.each([
    [['rewrite'], 'base rewrite needs one base image'],
    [['list'], 'base has no task "list"'],
    [['rewrite', BASE], 'base rewrite needs a policy'],
    [['rewrite', `registry.example.com/shop/orders@sha256:${'1'.repeat(64)}`, '-p', 'policy.yaml', '--retag'], 'a digest has no tag that could be moved'],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, err } = await run(argv);

    expect(code).toBe(2);
    expect(err()).toContain(message);
  });
});
