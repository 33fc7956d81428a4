import { describe, expect, it } from 'vitest';
import type { ExpectedService } from './expected-service.ts';
import type { JudgedSpan } from './judge-trace.ts';
import { judgeTraces } from './judge-traces.ts';

const SWITCHED = 1_000_000;
const NOW = SWITCHED + 600_000;
const options = { now: NOW, allowance: { ids: [], rules: [], today: '2026-11-24' } };

function service(name: string, given: Partial<ExpectedService['workloads'][number]> = {}): ExpectedService {
  return { service: name, workloads: [{ id: `shop/Deployment/${name}`, migratedAtMs: SWITCHED, readyPods: [`${name}-1`], ...given }] };
}

/** A span a minute after the switch, from the service's first pod. */
function span(spanId: string, name: string, given: Partial<JudgedSpan> = {}): JudgedSpan {
  return {
    traceId: 't1',
    spanId,
    service: name,
    kind: 'server',
    startMs: SWITCHED + 60_000,
    durationMs: 5,
    resource: { 'host.name': `${name}-1` },
    attributes: {},
    ...given,
  };
}

const whole = [
  span('a', 'orders'),
  span('b', 'orders', { parentSpanId: 'a', kind: 'client', attributes: { 'server.address': 'stock' } }),
  span('c', 'stock', { parentSpanId: 'b' }),
];
const unanswered = whole.slice(0, 2);

describe('judgeTraces', () => {
  it('finds services with whole traces ok, and who calls whom', () => {
    const { services, edges } = judgeTraces([whole], [service('orders'), service('stock')], options);

    expect(services.map((each) => [each.service, each.verdict, each.traces, each.spans, each.pods])).toEqual([
      ['orders', 'ok', 1, 2, { ready: 1, seen: 1 }],
      ['stock', 'ok', 1, 1, { ready: 1, seen: 1 }],
    ]);
    expect(services.flatMap((each) => each.findings)).toEqual([]);
    expect(edges).toEqual([{ from: 'orders', to: 'stock', calls: 1, unanswered: 0 }]);
  });

  it('finds a service broken whose spans name a parent that never arrived', () => {
    const { services } = judgeTraces([whole.slice(2)], [service('orders'), service('stock')], options);

    expect(services[1]).toMatchObject({
      verdict: 'broken',
      findings: [{ id: 'orphan-spans', severity: 'block', params: { count: 1, traces: 1, examples: ['t1'] } }],
    });
  });

  it('finds a trace with two roots broken at the later one', () => {
    const { services } = judgeTraces(
      [[span('a', 'orders'), span('c', 'stock', { startMs: SWITCHED + 60_001 })]],
      [service('orders'), service('stock')],
      options,
    );

    expect(services.map((each) => [each.verdict, each.findings.map((finding) => finding.id)])).toEqual([
      ['ok', []],
      ['broken', ['several-roots']],
    ]);
  });

  it('finds a call broken that left no span at the switched service it went to', () => {
    const { services, edges } = judgeTraces([unanswered, [span('s', 'stock', { traceId: 't2' })]], [service('orders'), service('stock')], options);

    expect(services[1]).toMatchObject({ verdict: 'broken', findings: [{ id: 'unanswered-calls', params: { count: 1, from: 'orders', examples: ['t1'] } }] });
    expect(edges).toEqual([{ from: 'orders', to: 'stock', calls: 1, unanswered: 1 }]);
  });

  it('calls a service silent that others call and that shows nothing at all', () => {
    const { services } = judgeTraces([unanswered], [service('orders'), service('stock')], options);

    expect(services[1]).toMatchObject({ verdict: 'silent', spans: 0, findings: [{ id: 'unanswered-calls' }, { id: 'no-spans', params: { calls: 1 } }] });
  });

  it.each([
    ['the call failed', { attributes: { 'server.address': 'stock', error: 'true' } }],
    ['the call went to a host nobody switched', { attributes: { 'server.address': 'mysql' } }],
    ['the call went to the same name in another namespace', { attributes: { 'server.address': 'stock.bank' } }],
    ['the span says no host', { attributes: {} }],
    ['the span is no client', { kind: 'internal', attributes: { 'server.address': 'stock' } }],
  ])('does not ask for a server span where %s', (_, given) => {
    const trace = [span('a', 'orders'), span('b', 'orders', { parentSpanId: 'a', kind: 'client', ...given })];

    const { services } = judgeTraces([trace], [service('orders'), service('stock')], options);

    expect(services.map((each) => each.verdict)).toEqual(['ok', 'inconclusive']);
  });

  it.each(['stock', 'stock.shop', 'stock.shop.svc.cluster.local'])('knows the switched service by the host name %s', (host) => {
    const trace = [span('b', 'orders', { kind: 'client', attributes: { 'url.full': `http://${host}:8080/items?id=1` } })];

    const { edges } = judgeTraces([trace], [service('stock')], options);

    expect(edges).toEqual([{ from: 'orders', to: 'stock', calls: 1, unanswered: 1 }]);
  });

  it('does not guess between two services that a host name may mean', () => {
    const other = { service: 'bank-stock', workloads: [{ id: 'bank/Deployment/stock', migratedAtMs: SWITCHED, readyPods: [] }] };
    const mine = { service: 'shop-stock', workloads: [{ id: 'shop/Deployment/stock', migratedAtMs: SWITCHED, readyPods: [] }] };

    expect(judgeTraces([unanswered], [other, mine], options).edges).toEqual([]);
  });

  it('does not ask a service for a span of before it was switched', () => {
    const late = service('stock', { migratedAtMs: SWITCHED + 120_000 });

    const { services, edges } = judgeTraces([unanswered], [service('orders'), late], options);

    expect(edges).toEqual([]);
    expect(services[1]).toMatchObject({ verdict: 'inconclusive', findings: [{ id: 'no-traffic' }] });
  });

  it('does not judge a trace that began before every switched service in it was switched', () => {
    const began = SWITCHED - 1;
    const { services } = judgeTraces([[span('x', 'stock', { parentSpanId: 'gone', startMs: began })]], [service('stock')], options);

    expect(services[0]).toMatchObject({ verdict: 'inconclusive', traces: 0, spans: 0 });
  });

  it('does not judge a trace that may still be arriving, but counts its spans', () => {
    const { services } = judgeTraces([[span('x', 'stock', { parentSpanId: 'soon', startMs: NOW - 3000 })]], [service('stock')], options);

    expect(services[0]).toMatchObject({ verdict: 'inconclusive', traces: 0, spans: 1, findings: [{ id: 'traces-too-fresh' }] });
  });

  it('is inconclusive about a service without traffic, without ready pods, or without a known name', () => {
    const unnamed: ExpectedService = { service: undefined, workloads: service('x').workloads };

    const { services } = judgeTraces([], [service('quiet'), service('down', { readyPods: [] }), unnamed], options);

    expect(services.map((each) => [each.service, each.verdict, each.findings[0]?.id])).toEqual([
      ['quiet', 'inconclusive', 'no-traffic'],
      ['down', 'inconclusive', 'no-ready-pods'],
      [undefined, 'inconclusive', 'service-name-unknown'],
    ]);
  });

  it('shows pods without spans, which break nothing', () => {
    const { services } = judgeTraces([whole], [service('orders', { readyPods: ['orders-1', 'orders-2'] })], options);

    expect(services[0]).toMatchObject({
      verdict: 'ok',
      pods: { ready: 2, seen: 1 },
      findings: [{ id: 'pods-unseen', severity: 'info', params: { count: 1, pods: ['orders-2'] } }],
    });
  });

  it('says nothing about pods where spans do not name theirs', () => {
    const { services } = judgeTraces([[span('a', 'orders', { resource: {} })]], [service('orders')], options);

    expect(services[0]).toMatchObject({ verdict: 'ok', findings: [], pods: { ready: 1, seen: 0 } });
  });

  it('lets an allowed finding stand without breaking the verdict', () => {
    const rules = [{ id: 'orphan-spans', match: 'shop/stock', reason: 'callers outside send a trace context' }];

    const { services } = judgeTraces([whole.slice(2)], [service('stock')], { ...options, allowance: { ...options.allowance, rules } });

    expect(services[0]).toMatchObject({ verdict: 'ok', findings: [{ id: 'orphan-spans' }] });
  });
});
