import { beforeEach, describe, expect, it } from 'vitest';
import { openSimulation, type Simulation } from '../../../test/simulation/open-simulation.ts';
import type { SimulatedRegistry } from '../../adapters/simulated/simulated-registry.ts';
import { prepareRewrite, pushRewrite } from '../../app/rewrite-reference.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import { fakeWiring, type FakeOutside, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

const repository = { registry: 'registry.example.com', path: 'shop/orders' };
const OLD = '1-otel-00000000';

describe('image prune', () => {
  let simulation: Simulation;
  let registry: SimulatedRegistry;

  /** One image in use, after a run; and one that an earlier policy made. */
  beforeEach(() => stage({ applied: true }));

  async function stage({ applied }: { readonly applied: boolean }): Promise<void> {
    simulation = await openSimulation({ services: [{ name: 'orders' }], rollout: { soak: '10s' } });
    registry = simulation.openEngine().ports.registry as SimulatedRegistry;
    const source = { ...simulation.plan.policy } as { spec: { to: object } };
    const older = { ...source, spec: { ...source.spec, to: { ...source.spec.to, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://elsewhere:4317' } } } };
    const policy = parsePolicy(older, { file: 'policy', position: () => undefined });
    const { ports } = simulation.openEngine();
    const prepared = await prepareRewrite(ports, parseImageReference('registry.example.com/shop/orders:1'), { policy, to: { repository, tag: OLD } });
    if (prepared.kind === 'refused') throw new Error(JSON.stringify(prepared));
    await pushRewrite(ports, prepared, { policy });
    if (applied) await simulation.apply();
  }

  async function run(argv: readonly string[], outside: FakeOutside = {}): Promise<FakeWiring & { readonly code: number }> {
    const { ports } = simulation.openEngine();
    const fake = fakeWiring({
      ...outside,
      files: { 'policy.yaml': JSON.stringify(simulation.plan.policy) },
      wiring: { openCluster: async () => ports.cluster, openEngine: async () => ({ ports, close: async () => undefined }) },
    });
    return { ...fake, code: await runCli(['image', 'prune', '-p', 'policy.yaml', ...argv], fake.wiring) };
  }

  const tags = async (): Promise<readonly string[]> => [...((await registry.tags(repository)) ?? [])].sort();

  it('deletes what nothing needs and keeps what runs, what came before, and what is not ours', async () => {
    await registry.putManifest(repository, '2.0-otel-12345678', {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}'),
    });
    const before = await tags();

    const { code, out } = await run(['--yes', '-o', 'json']);

    expect(code).toBe(0);
    const report = JSON.parse(out());
    expect(report.items.map((each: { reference: string; status: string }) => [each.reference.split(':').at(-1) === OLD, each.status]).sort()).toEqual([
      [false, 'kept'],
      [true, 'deleted'],
    ]);
    expect(await tags()).toEqual(before.filter((tag) => tag !== OLD));
  });

  it('lists first, and without a terminal ends with 2 and deletes nothing', async () => {
    const before = await tags();

    const { code, out, err } = await run([]);

    expect(code).toBe(2);
    expect(out()).toContain('Nothing needs 1 image');
    expect(out()).toContain(OLD);
    expect(err()).toContain('Add --yes');
    expect(await tags()).toEqual(before);
  });

  it('asks on a terminal, and deletes nothing without a yes', async () => {
    const before = await tags();

    const { code, questions } = await run([], { tty: true, answers: ['no'] });

    expect(code).not.toBe(0);
    expect(questions[0]).toContain('Delete 1 image?');
    expect(await tags()).toEqual(before);
  });

  it('keeps an image that somebody gave a tag of their own', async () => {
    const old = await registry.manifest(repository, OLD);
    if (!old) throw new Error('no image');
    await registry.putManifest(repository, 'golden', old);

    const { code, out } = await run(['--yes', '-v']);

    expect(code).toBe(0);
    expect(out()).toContain('the tag golden, which is not ours');
    expect(await tags()).toContain(OLD);
  });

  it('says what a registry does not delete, and how to switch it on', async () => {
    registry.faults = { deleteRefused: [repository.registry] };

    const { code, out } = await run(['--yes']);

    expect(code).toBe(3);
    expect(out()).toContain('Not deleted 1 image');
    expect(out()).toContain('REGISTRY_STORAGE_DELETE_ENABLED');
  });

  it('deletes nothing where the cluster may not be read whole', async () => {
    const { ports } = simulation.openEngine();
    const cluster = simulation.world.connect({ denies: ({ resource }) => resource === 'cronjobs' });
    const before = await tags();

    const fake = fakeWiring({
      files: { 'policy.yaml': JSON.stringify(simulation.plan.policy) },
      wiring: { openCluster: async () => cluster, openEngine: async () => ({ ports, close: async () => undefined }) },
    });
    const code = await runCli(['image', 'prune', '-p', 'policy.yaml', '--yes'], fake.wiring);

    expect(code).toBe(6);
    expect(await tags()).toEqual(before);
  });

  it('keeps the pinned agent layer while a result is left, and removes it with the last', async () => {
    const home = { registry: repository.registry, path: 'changeover/agent' };

    await run(['--yes']);
    const left = await registry.countManifests(home);
    await stage({ applied: false });
    await run(['--yes']);

    expect(left).toBe(1);
    expect(await registry.countManifests(home)).toBe(0);
  });
});
