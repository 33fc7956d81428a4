import { beforeEach, describe, expect, it } from 'vitest';
import { ObjectStore } from '../adapters/simulated/object-store.ts';
import { simulatedCluster } from '../adapters/simulated/simulated-cluster.ts';
import { createSimulatedTraceStore } from '../adapters/simulated/simulated-trace-store.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import type { WorkloadState } from '../core/rollout/workload-state.ts';
import { makeBaseline } from '../core/verify/baseline.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { StoredSpan } from '../ports/trace-store.ts';
import { createRecord } from './state-store.ts';
import { verifyFleet } from './verify-fleet.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const clock = { now: (): number => NOW, sleep: async (): Promise<void> => undefined };
const options = { stateNamespace: 'changeover' };

function span(service: string, given: Partial<StoredSpan> = {}): StoredSpan {
  const pod = { 'host.name': `${service}-1` };
  return {
    traceId: `trace-${service}`,
    spanId: service,
    service,
    operation: 'GET /',
    kind: 'server',
    startMs: NOW - 60_000,
    durationMs: 5,
    resource: pod,
    attributes: {},
    ...given,
  };
}

/** What records hold beside what these tests are about. */
const stored = { version: 1, planHash: 'p', policy: {}, clusterId: 'c', epoch: 1, batches: [], decisions: [], decided: 0 } as const;
const untouched = { epoch: 1, attempt: 1, findings: [] };
const planned = { uid: 'u', templateHash: 't', edits: [] };

describe('verifyFleet', () => {
  let store: ObjectStore;
  let cluster: Cluster;
  let traces: ReturnType<typeof createSimulatedTraceStore>;

  beforeEach(async () => {
    store = new ObjectStore(clock);
    for (const name of ['changeover', 'shop']) store.insert({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    cluster = simulatedCluster({ store, logs: () => '' });
    traces = createSimulatedTraceStore();
    await createRecord(cluster, 'changeover', { ...stored, name: 'move', phase: 'COMPLETED', startedAt: '2026-11-24T11:00:00Z' } as unknown as RunRecord);
  });

  /** A workload of the run with one ready pod, switched half an hour ago. */
  async function workload(name: string, given: { readonly state?: WorkloadState; readonly env?: object[]; readonly oldName?: string } = {}): Promise<void> {
    const labels = { app: name };
    const container = { name: 'app', image: 'app:1-otel-12345678', ...(given.env ? { env: given.env } : {}) };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } };
    store.insert({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' }, spec } as never);
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    store.insert({ apiVersion: 'v1', kind: 'Pod', metadata: { name: `${name}-1`, namespace: 'shop', labels }, spec: {}, status });
    const item = {
      id: `shop/Deployment/${name}`,
      container: 'app',
      ...planned,
      agent: given.oldName === undefined ? {} : { serviceName: given.oldName },
      target: { env: {} },
    };
    const since = '2026-11-24T11:35:00Z';
    const readySince = { uid: { at: '2026-11-24T11:30:00Z', transition: '2026-11-24T11:30:00Z' } };
    await createRecord(cluster, 'changeover', {
      version: 1,
      run: 'move',
      item,
      state: given.state ?? 'SUCCEEDED',
      since,
      readySince,
      ...untouched,
    } as unknown as WorkloadRecord);
  }

  it('judges every migrated workload under the name its agent reports', async () => {
    await workload('orders', { env: [{ name: 'OTEL_SERVICE_NAME', value: 'shop-orders' }] });
    await workload('stock', { oldName: 'shop::stock' });
    await workload('fragile', { state: 'ROLLED_BACK', oldName: 'fragile' });
    const root = span('shop-orders', { resource: { 'host.name': 'orders-1' } });
    traces.add(root, span('shop::stock', { traceId: root.traceId, parentSpanId: root.spanId, resource: { 'host.name': 'stock-1' } }));

    const report = await verifyFleet({ cluster, traces, clock }, options);

    expect(report).toMatchObject({ run: 'move', verdict: 'ok', from: '2026-11-24T11:30:00.000Z', to: '2026-11-24T12:00:00.000Z' });
    expect(new Map(report.services.map((each) => [each.service, [each.workloads, each.verdict]]))).toEqual(
      new Map([
        ['shop-orders', [['shop/Deployment/orders'], 'ok']],
        ['shop::stock', [['shop/Deployment/stock'], 'ok']],
      ]),
    );
    expect(report.edges).toMatchObject([{ from: 'shop-orders', to: 'shop::stock', verdict: 'ok', calls: 1 }]);
    expect(report.traces).toMatchObject({ judged: 1, whole: 1, broken: 0 });
  });

  it('finds a broken chain, unless the policy allows it', async () => {
    await workload('orders', { oldName: 'orders' });
    traces.add(span('orders', { parentSpanId: 'elsewhere' }));

    const report = await verifyFleet({ cluster, traces, clock }, options);
    const allowed = await verifyFleet({ cluster, traces, clock }, { ...options, allow: [{ id: 'orphan-spans', reason: 'browsers send a context' }] });

    expect(report).toMatchObject({ verdict: 'broken', services: [{ verdict: 'broken' }] });
    expect(allowed.verdict).toBe('ok');
  });

  it.each([
    ['is not set and the old agent had no known name', undefined],
    ['comes from a Secret', [{ name: 'OTEL_SERVICE_NAME', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }]],
    ['is made of another variable', [{ name: 'OTEL_SERVICE_NAME', value: '$(APP)' }]],
  ])('is inconclusive about a workload whose service name %s', async (_, env) => {
    await workload('orders', env ? { env, oldName: 'orders' } : {});

    const report = await verifyFleet({ cluster, traces, clock }, options);

    expect(report).toMatchObject({ verdict: 'inconclusive', services: [{ verdict: 'inconclusive', findings: [{ id: 'service-name-unknown' }] }] });
  });

  it('is inconclusive when no trace store is named, or it cannot be reached', async () => {
    await workload('orders', { oldName: 'orders' });
    traces.setUnreachable(true);

    const none = await verifyFleet({ cluster, traces: undefined, clock }, options);
    const down = await verifyFleet({ cluster, traces, clock }, options);

    expect(none).toMatchObject({ verdict: 'inconclusive', reason: { id: 'no-trace-store' }, services: [] });
    expect(down).toMatchObject({
      verdict: 'inconclusive',
      reason: { id: 'trace-store-failed', params: { detail: 'the simulated trace store is down' } },
      services: [],
    });
  });

  it('counts only spans since the switch, within the time looked back', async () => {
    await workload('orders', { oldName: 'orders' });
    traces.add(span('orders', { startMs: Date.parse('2026-11-24T11:29:00Z') }));

    const early = await verifyFleet({ cluster, traces, clock }, options);
    traces.add(span('orders', { traceId: 'later', startMs: Date.parse('2026-11-24T11:40:00Z') }));
    const late = await verifyFleet({ cluster, traces, clock }, options);
    const narrow = await verifyFleet({ cluster, traces, clock }, { ...options, lookbackMs: 60_000 });

    expect([early, late, narrow].map((report) => report.services[0]?.spans)).toEqual([0, 1, 0]);
  });

  it('judges with during every trace of the run, whatever was switched when, and counts them', async () => {
    await workload('orders', { oldName: 'orders' });
    await workload('stock', { oldName: 'stock|prod|', state: 'READY' });
    const early = { startMs: Date.parse('2026-11-24T11:01:00Z'), resource: {} };
    const client = span('orders', { ...early, kind: 'client', attributes: { 'server.address': 'stock' } });
    traces.add(client, span('stock', { ...early, traceId: client.traceId, parentSpanId: client.spanId }));
    traces.add(span('stock', { ...early, traceId: 'broken', spanId: 'x', parentSpanId: 'gone' }));
    traces.add(span('orders', { ...early, traceId: 'lost', spanId: 'y', kind: 'client', attributes: { 'server.address': 'stock' } }));
    traces.add(span('orders', { startMs: Date.parse('2026-11-24T10:59:00Z'), traceId: 'before', parentSpanId: 'gone' }));

    const usual = await verifyFleet({ cluster, traces, clock }, options);
    const during = await verifyFleet({ cluster, traces, clock }, { ...options, during: true });

    expect(usual).toMatchObject({ verdict: 'inconclusive', traces: { judged: 0, notJudged: 0 } });
    expect(during).toMatchObject({ verdict: 'broken', from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T12:00:00.000Z' });
    expect(during.traces).toEqual({ judged: 3, whole: 1, broken: 2, elsewhere: 0, notJudged: 0, breaks: { 'orphan-spans': 1, 'unanswered-calls': 1 } });
    expect(new Map(during.services.map((each) => [each.service, each.verdict]))).toEqual(
      new Map([
        ['orders', 'ok'],
        ['stock', 'broken'],
      ]),
    );
    expect(during.edges).toMatchObject([{ from: 'orders', to: 'stock', verdict: 'broken', calls: 2, unanswered: 1 }]);
  });

  it('judges with during up to the end of a run that is over', async () => {
    await createRecord(cluster, 'changeover', {
      ...stored,
      name: 'over',
      phase: 'COMPLETED',
      startedAt: '2026-11-24T11:00:00Z',
      finishedAt: '2026-11-24T11:30:00Z',
    } as unknown as RunRecord);

    const report = await verifyFleet({ cluster, traces, clock }, { ...options, run: 'over', during: true });

    expect(report).toMatchObject({ run: 'over', from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T11:30:00.000Z' });
  });

  it.each([
    ['is whole where the caller reports elsewhere', [], 'ok', 'parent-not-here'],
    ['is broken where the store has the caller under its plain name', [span('gateway', { traceId: 'other' })], 'broken', 'orphan-spans'],
    ['is broken where the store has the caller under the name it gave', [span('gateway|prod|', { traceId: 'other' })], 'broken', 'orphan-spans'],
  ])('asks the store about a caller that no trace shows: the chain %s', async (_, others, verdict, id) => {
    await workload('orders', { oldName: 'orders' });
    traces.add(span('orders', { parentSpanId: 'there', attributes: { 'sw8.parent_service': 'gateway|prod|' } }), ...others);

    const report = await verifyFleet({ cluster, traces, clock }, { ...options, linkPrefix: 'http://jaeger/trace/' });

    expect(report.verdict).toBe(verdict);
    expect(report.services[0]?.findings).toMatchObject([{ id, params: { examples: ['http://jaeger/trace/trace-orders'] } }]);
  });

  it('judges by the newest traces where there are too many, says so, and never counts all or misses anything by them', async () => {
    await workload('orders', { oldName: 'orders' });
    for (let index = 0; index < 450; index += 1) traces.add(span('orders', { traceId: `t${index}`, startMs: NOW - 60_000 - index * 1000 }));
    const value = makeBaseline('tee', { fromMs: 0, toMs: 1 }, { services: [], edges: [{ from: 'orders', to: 'rare' }] });

    const all = await verifyFleet({ cluster, traces, clock }, options);
    const cut = await verifyFleet({ cluster, traces, clock }, { ...options, maxTraces: 100 });
    const during = await verifyFleet({ cluster, traces, clock }, { ...options, maxTraces: 100, during: true });
    const compared = await verifyFleet({ cluster, traces, clock }, { ...options, maxTraces: 100, baseline: { value, file: 'b.json' } });

    expect(all).toMatchObject({ verdict: 'ok', findings: [], traces: { judged: 450 } });
    expect(cut).toMatchObject({ verdict: 'ok', findings: [{ id: 'traces-cut', severity: 'info', params: { read: 200 } }] });
    expect(during).toMatchObject({ verdict: 'inconclusive', findings: [{ id: 'traces-cut', severity: 'warn' }] });
    expect(compared).toMatchObject({ verdict: 'inconclusive', baseline: { verdict: 'inconclusive', findings: [{ id: 'service-missing' }] } });
  });

  it('looks for every service of a baseline, also beside the run, under new names and names that were cut', async () => {
    await workload('orders', { env: [{ name: 'OTEL_SERVICE_NAME', value: 'shop-orders' }], oldName: 'orders' });
    const long = `mail-${'x'.repeat(60)}`;
    await workload('mail', { oldName: long });
    traces.add(
      span('shop-orders', { resource: { 'host.name': 'orders-1' } }),
      span(long, { traceId: 't3', resource: { 'host.name': 'mail-1' } }),
      span('payments', { traceId: 't2' }),
      span('bank', { traceId: 't2', parentSpanId: 'payments' }),
    );
    const edges = [
      { from: 'payments', to: 'bank' },
      { from: 'orders', to: 'payments' },
    ];
    const value = makeBaseline('tee', { fromMs: 0, toMs: 1 }, { services: ['orders', long.slice(0, 50)], edges });

    const report = await verifyFleet({ cluster, traces, clock }, { ...options, baseline: { value, file: 'before.json' } });

    expect(report).toMatchObject({
      verdict: 'broken',
      baseline: {
        verdict: 'missing',
        services: { expected: 4, seen: 4 },
        edges: { expected: 2, seen: 1 },
        findings: [{ id: 'edge-missing', params: { from: 'shop-orders', to: 'payments' } }],
      },
    });
    expect(report.edges.map((edge) => [edge.from, edge.to, edge.verdict])).toEqual([
      ['payments', 'bank', 'ok'],
      ['shop-orders', 'payments', 'unseen'],
    ]);
  });

  it('refuses a run that does not exist', async () => {
    await expect(verifyFleet({ cluster, traces, clock }, { ...options, run: 'other' })).rejects.toMatchObject({ code: 'usage' });
  });
});
