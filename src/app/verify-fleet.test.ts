import { beforeEach, describe, expect, it } from 'vitest';
import { ObjectStore } from '../adapters/simulated/object-store.ts';
import { simulatedCluster } from '../adapters/simulated/simulated-cluster.ts';
import { createSimulatedTraceStore } from '../adapters/simulated/simulated-trace-store.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import type { WorkloadState } from '../core/rollout/workload-state.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { StoredSpan } from '../ports/trace-store.ts';
import { createRecord } from './state-store.ts';
import { verifyFleet } from './verify-fleet.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const clock = { now: (): number => NOW, sleep: async (): Promise<void> => undefined };
const options = { stateNamespace: 'changeover' };

describe('verifyFleet', () => {
  let store: ObjectStore;
  let cluster: Cluster;
  let traces: ReturnType<typeof createSimulatedTraceStore>;

  beforeEach(async () => {
    store = new ObjectStore(clock);
    for (const name of ['changeover', 'shop']) store.insert({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    cluster = simulatedCluster({ store, logs: () => '' });
    traces = createSimulatedTraceStore();
    await createRecord(cluster, 'changeover', { version: 1, name: 'move', phase: 'COMPLETED', startedAt: '2026-11-24T11:00:00Z', epoch: 1 } as RunRecord);
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
    } as unknown as WorkloadRecord);
  }

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

  it('judges every migrated workload under the name its agent reports', async () => {
    await workload('orders', { env: [{ name: 'OTEL_SERVICE_NAME', value: 'shop-orders' }] });
    await workload('stock', { oldName: 'shop::stock' });
    await workload('fragile', { state: 'ROLLED_BACK', oldName: 'fragile' });
    const root = span('shop-orders', { resource: { 'host.name': 'orders-1' } });
    traces.add(root, span('shop::stock', { traceId: root.traceId, parentSpanId: root.spanId, resource: { 'host.name': 'stock-1' } }));

    const report = await verifyFleet({ cluster, traces, clock }, options);

    expect(report).toMatchObject({ run: 'move', verdict: 'ok', from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T12:00:00.000Z' });
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

  it('refuses a run that does not exist', async () => {
    await expect(verifyFleet({ cluster, traces, clock }, { ...options, run: 'other' })).rejects.toMatchObject({ code: 'usage' });
  });
});
