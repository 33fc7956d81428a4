import { beforeEach, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../adapters/simulated/object-store.ts';
import { simulatedCluster } from '../../adapters/simulated/simulated-cluster.ts';
import { createSimulatedTraceStore } from '../../adapters/simulated/simulated-trace-store.ts';
import { parseYamlDocument } from '../../adapters/yaml/parse-yaml.ts';
import { createRecord } from '../../app/state-store.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { RunRecord, WorkloadRecord } from '../../core/rollout/run-record.ts';
import { readBaseline } from '../../core/verify/baseline.ts';
import type { VerifyReport } from '../../core/verify/verify-report.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { StoredSpan } from '../../ports/trace-store.ts';
import { fakeWiring, type FakeOutside, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';
import type { Wiring } from '../wiring.ts';

const NOW = Date.parse('2026-11-03T10:00:00Z');
const policy = (verify: object): object => ({
  apiVersion: 'changeover.dev/v1alpha1',
  kind: 'Changeover',
  metadata: { name: 'move' },
  spec: { from: { agent: 'skywalking' }, to: { agent: 'opentelemetry', files: { path: './agent.jar' } }, verify },
});
const parseYaml: Wiring['parseYaml'] = async (text, file) => parseYamlDocument(text, file);
const jaeger = policy({ jaeger: 'http://jaeger.example:16686/base/' });

/** What a run's record holds beside what these tests are about. */
const stored = { version: 1, planHash: 'p', clusterId: 'c', epoch: 1, batches: [], decisions: [], decided: 0 } as const;

describe('changeover verify', () => {
  let cluster: Cluster;
  let traces: ReturnType<typeof createSimulatedTraceStore>;

  beforeEach(() => {
    const store = new ObjectStore({ now: () => NOW, sleep: async () => undefined });
    store.insert({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'changeover' } });
    cluster = simulatedCluster({ store, logs: () => '' });
    traces = createSimulatedTraceStore();
  });

  async function run(argv: readonly string[], outside: FakeOutside = {}): Promise<FakeWiring & { readonly code: number }> {
    const wiring = { openCluster: async () => cluster, openTraceStore: async () => traces, ...outside.wiring };
    const files = { 'policy.yaml': JSON.stringify(jaeger), ...outside.files };
    const fake = fakeWiring({ ...outside, files, wiring });
    return { ...fake, code: await runCli(['verify', ...argv], fake.wiring) };
  }

  async function migrated(...names: readonly string[]): Promise<void> {
    await createRecord(cluster, 'changeover', {
      ...stored,
      name: 'move',
      phase: 'COMPLETED',
      startedAt: '2026-11-03T09:00:00Z',
      policy: jaeger,
    } as unknown as RunRecord);
    for (const name of names) {
      const item = {
        id: `shop/Deployment/${name}`,
        container: 'app',
        agent: { serviceName: name },
        target: { env: {} },
        uid: 'u',
        templateHash: 't',
        edits: [],
      };
      await createRecord(cluster, 'changeover', {
        version: 1,
        run: 'move',
        item,
        state: 'SUCCEEDED',
        since: '2026-11-03T09:30:00Z',
        epoch: 1,
        attempt: 1,
        findings: [],
      } as unknown as WorkloadRecord);
    }
  }

  function span(spanId: string, service: string, given: Partial<StoredSpan> = {}): StoredSpan {
    const base = { operation: 'GET /', kind: 'server' as const, durationMs: 5, resource: {}, attributes: {} };
    return { traceId: 't1', spanId, service, startMs: NOW - 60_000, ...base, ...given };
  }

  it('says that all is well and exits 0', async () => {
    await migrated('orders', 'stock');
    traces.add(span('a', 'orders'), span('b', 'stock', { parentSpanId: 'a' }));

    const { code, out } = await run([]);

    expect(out()).toContain('✓  orders  stock  ok           1       0');
    expect(out()).toContain('1 trace judged: 1 whole, 0 broken\nAll well: traces of 2 services arrive, and no chain is broken.');
    expect(code).toBe(0);
  });

  it("exits 3 on a broken chain, with a link to Jaeger's page of the trace", async () => {
    await migrated('orders');
    traces.add(span('a', 'orders', { parentSpanId: 'gone' }));

    const { code, out } = await run(['-o', 'json']);

    const report = JSON.parse(out()) as VerifyReport;
    expect(report).toMatchObject({ kind: 'VerifyReport', verdict: 'broken', traces: { judged: 1, broken: 1 } });
    expect(report.services[0]?.findings[0]?.params['examples']).toEqual(['http://jaeger.example:16686/base/trace/t1']);
    expect(code).toBe(3);
  });

  it("looks back as far as asked, or over the run's own time", async () => {
    await migrated('orders');

    const since = await run(['--since', '10m', '-o', 'json']);
    const during = await run(['--during', '-o', 'json']);

    expect(JSON.parse(since.out())).toMatchObject({ from: '2026-11-03T09:50:00.000Z', to: '2026-11-03T10:00:00.000Z' });
    expect(JSON.parse(during.out())).toMatchObject({ from: '2026-11-03T09:00:00.000Z', to: '2026-11-03T10:00:00.000Z' });
  });

  it('is inconclusive, with the reason, while the trace store is down', async () => {
    await migrated('orders');
    traces.setUnreachable(true);

    const { code, out } = await run([]);

    expect(code).toBe(3);
    expect(out()).toContain('Inconclusive: the trace store cannot be read: the simulated trace store is down.');
  });

  it.each([
    [['--since', 'yesterday'], '--since must be a duration such as 30m or 24h, is "yesterday"'],
    [['--since', '0s'], '--since must be a duration such as 30m or 24h, is "0s"'],
    [['--since', '1h', '--during'], '--since and --during contradict each other'],
    [['before.json'], 'what to do with before.json is not said'],
    [['--baseline', 'save'], '--baseline save needs a file'],
    [['--baseline', 'save', 'b.json', '--during'], '--during says nothing to --baseline save'],
    [['--baseline', 'keep', 'b.json'], 'save, compare'],
    [['--baseline', 'compare', 'none.json'], 'none.json cannot be read: it does not exist'],
  ])('refuses %j as wrong usage', async (argv, message) => {
    const { code, err, out } = await run(argv);

    expect(code).toBe(2);
    expect(err()).toContain(message);
    expect(out()).toBe('');
  });

  it.each([
    ['{\n  "kind": "Baseline",\n  "edges": [}\n}', 'error: b.json:3:13: '],
    ['{"kind": "Baseline",', 'error: b.json:1:'],
    ['kind: Baseline', 'b.json: not a baseline: Unexpected token'],
    ['{"apiVersion":"changeover.dev/v1alpha1","kind":"Baseline"}', 'b.json: source: is required'],
  ])('names what is wrong with a damaged baseline: %s', async (text, message) => {
    const { code, err } = await run(['--baseline', 'compare', 'b.json'], { files: { 'b.json': text }, wiring: { parseYaml } });

    expect(code).toBe(2);
    expect(err()).toContain(message);
  });

  describe('--baseline', () => {
    const skywalking = JSON.stringify(policy({ skywalking: 'http://oap.example:12800/graphql' }));
    const topology = { services: ['orders', 'stock'], edges: [{ from: 'orders', to: 'stock' }], apart: ['mysql:3306'] };
    const asked: string[] = [];
    const withSkywalking: FakeOutside = {
      files: { 'policy.yaml': skywalking },
      wiring: {
        openCluster: () => Promise.reject(new Error('asked a cluster')),
        openTopologySource: async (url) => (asked.push(url), { topology: async () => topology }),
      },
    };

    it("saves SkyWalking's topology of the last day, without a cluster or a run", async () => {
      const { code, out, written } = await run(['--baseline', 'save', 'before.json', '-p', 'policy.yaml'], withSkywalking);

      expect(code).toBe(0);
      expect(asked).toEqual(['http://oap.example:12800/graphql']);
      expect(out()).toBe(
        [
          'Saved before.json: 2 services and 1 pair of services that call each other',
          '  from skywalking, 2026-11-02T10:00Z to 2026-11-03T10:00Z',
          '  left out, as they are no services: mysql:3306',
          '',
          'After the migration: changeover verify --baseline compare before.json',
          '',
        ].join('\n'),
      );
      expect(readBaseline(JSON.parse(written.get('before.json') ?? ''), 'before.json')).toMatchObject({ source: 'skywalking', edges: topology.edges });
    });

    it('prints what it saved as a document', async () => {
      const { out, written } = await run(['--baseline', 'save', 'before.json', '-p', 'policy.yaml', '-o', 'json'], withSkywalking);

      expect(JSON.parse(out())).toEqual(JSON.parse(written.get('before.json') ?? ''));
    });

    it('never replaces a file, unless told --yes', async () => {
      const options: unknown[] = [];
      const outside = { ...withSkywalking, wiring: { ...withSkywalking.wiring, writeTextFile: async (...args: unknown[]) => void options.push(args[2]) } };

      await run(['--baseline', 'save', 'before.json', '-p', 'policy.yaml'], outside);
      await run(['--baseline', 'save', 'before.json', '-p', 'policy.yaml', '--yes'], outside);

      expect(options).toEqual([{ fresh: true }, { fresh: false }]);
    });

    it('reads Jaeger where the policy names no SkyWalking', async () => {
      traces.add(span('a', 'orders'), span('b', 'stock', { parentSpanId: 'a' }));

      const { code, written } = await run(['--baseline', 'save', 'before.json', '-p', 'policy.yaml', '--since', '30m']);

      expect(code).toBe(0);
      expect(JSON.parse(written.get('before.json') ?? '')).toMatchObject({
        source: 'jaeger',
        from: '2026-11-03T09:30:00.000Z',
        edges: [{ from: 'orders', to: 'stock', calls: 1 }],
      });
    });

    const nowhere = { openTraceStore: async () => undefined };

    it.each([
      ['no policy and no run', ['b.json'], { wiring: {}, code: 2, message: 'there is no run yet, and no policy is named' }],
      ['a policy that names no backend', ['b.json', '-p', 'policy.yaml'], { wiring: nowhere, code: 2, message: 'names neither' }],
      ['no traffic', ['b.json', '-p', 'policy.yaml'], { wiring: {}, code: 3, message: 'there is nothing to save' }],
    ])('saves nothing with %s', async (_, argv, { wiring, code: expected, message }) => {
      const { code, err, written } = await run(['--baseline', 'save', ...argv], { wiring });

      expect(code).toBe(expected);
      expect(err()).toContain(message);
      expect(written.size).toBe(0);
    });

    it('exits 6 and saves nothing when the backend cannot be reached', async () => {
      const down = new ChangeoverError('unreachable', 'http://oap.example:12800/graphql cannot be reached: ECONNREFUSED');
      const wiring = { ...withSkywalking.wiring, openTopologySource: async () => ({ topology: () => Promise.reject(down) }) };

      const { code, err, written } = await run(['--baseline', 'save', 'b.json', '-p', 'policy.yaml'], { ...withSkywalking, wiring });

      expect(code).toBe(6);
      expect(err()).toContain('cannot be reached: ECONNREFUSED');
      expect(written.size).toBe(0);
    });

    it('compares: exits 0 when all of it is visible, 3 when something is missing', async () => {
      const saved = await run(['--baseline', 'save', 'before.json', '-p', 'policy.yaml'], withSkywalking);
      const files = Object.fromEntries(saved.written);
      await migrated('orders', 'stock');
      traces.add(span('a', 'orders'), span('s', 'stock', { traceId: 't2' }));

      const missing = await run(['--baseline', 'compare', 'before.json'], { files });
      traces.add(span('c', 'stock', { parentSpanId: 'a' }));
      const visible = await run(['--baseline', 'compare', 'before.json'], { files });

      expect(missing.code).toBe(3);
      expect(missing.out()).toContain('✗  orders called stock before, and no trace shows such a call');
      expect(missing.out()).toContain('Not well: not all of the baseline is visible.');
      expect(visible.code).toBe(0);
      expect(visible.out()).toContain('2 of 2 services and 1 of 1 call between them are visible');
    });
  });
});
