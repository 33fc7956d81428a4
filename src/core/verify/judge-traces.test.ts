import { describe, expect, it } from 'vitest';
import type { ExpectedService, ReadyPod } from './expected-service.ts';
import type { JudgedSpan } from './judge-trace.ts';
import { judgeTraces } from './judge-traces.ts';

const SWITCHED = 1_000_000;
const NOW = SWITCHED + 600_000;
const options = {
  now: NOW,
  fromMs: 0,
  toMs: NOW,
  allowance: { ids: [], rules: [], today: '2026-11-24' },
  canonical: (name: string): string => name,
  alsoHere: [],
  link: (id: string): string => id,
};

function service(name: string, given: Partial<ExpectedService['workloads'][number]> = {}): ExpectedService {
  return { service: name, workloads: [{ id: `shop/Deployment/${name}`, switched: true, countsFromMs: SWITCHED, readyPods: [pod(`${name}-1`)], ...given }] };
}

/** A pod that has been Ready for a long time. */
function pod(name: string, sinceMs = 0): ReadyPod {
  return { name, sinceMs };
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

const plain = (name: string): string => name.split('|', 1)[0] ?? '';
const link = (id: string): string => `http://jaeger/trace/${id}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const sw8 = (caller: string): string => `1-${base64('t.1.1')}-${base64('s.1.1')}-2-${[caller, 'pod-1', '/orders', 'stock:8080'].map(base64).join('-')}`;

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
      ['orders', 'ok', 1, 2, { ready: 1, seen: 1, by: ['host.name'] }],
      ['stock', 'ok', 1, 1, { ready: 1, seen: 1, by: ['host.name'] }],
    ]);
    expect(services.flatMap((each) => each.findings)).toEqual([]);
    expect(edges).toEqual([{ from: 'orders', to: 'stock', verdict: 'ok', calls: 1, unanswered: 0, cut: 0, examples: ['t1'] }]);
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

    expect(services[1]).toMatchObject({ verdict: 'broken', findings: [{ id: 'unanswered-calls', params: { count: 1, from: ['orders'], examples: ['t1'] } }] });
    expect(edges).toEqual([{ from: 'orders', to: 'stock', verdict: 'broken', calls: 1, unanswered: 1, cut: 0, examples: ['t1'] }]);
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

    expect(edges).toEqual([{ from: 'orders', to: 'stock', verdict: 'broken', calls: 1, unanswered: 1, cut: 0, examples: ['t1'] }]);
  });

  it('knows the switched service by a host name with a port', () => {
    const trace = [span('b', 'orders', { kind: 'client', attributes: { 'net.peer.name': 'stock:8080' } })];

    expect(judgeTraces([trace], [service('stock')], options).edges).toMatchObject([{ from: 'orders', to: 'stock', unanswered: 1 }]);
  });

  it('does not guess between two services that a host name may mean', () => {
    const other = { service: 'bank-stock', workloads: [{ id: 'bank/Deployment/stock', switched: true, countsFromMs: SWITCHED, readyPods: [] }] };
    const mine = { service: 'shop-stock', workloads: [{ id: 'shop/Deployment/stock', switched: true, countsFromMs: SWITCHED, readyPods: [] }] };

    expect(judgeTraces([unanswered], [other, mine], options).edges).toEqual([]);
  });

  it('does not ask a service for a span of before it was switched', () => {
    const late = service('stock', { countsFromMs: SWITCHED + 120_000 });

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

  it('is inconclusive about a service with a Ready pod that sends nothing, and says which pods it saw by what', () => {
    const orders = service('orders', { readyPods: [pod('orders-1'), pod('orders-2')] });
    const rules = [{ id: 'pods-unseen', match: 'shop/orders', reason: 'a standby' }];

    const { services } = judgeTraces([whole], [orders], options);
    const allowed = judgeTraces([whole], [orders], { ...options, allowance: { ...options.allowance, rules } });

    expect(services[0]).toMatchObject({
      verdict: 'inconclusive',
      pods: { ready: 2, seen: 1, by: ['host.name'] },
      findings: [{ id: 'pods-unseen', severity: 'warn', params: { count: 1, pods: ['orders-2'] } }],
    });
    expect(allowed.services[0]).toMatchObject({ verdict: 'ok', findings: [{ id: 'pods-unseen' }] });
  });

  it('finds a Ready pod unseen also where only pods that are gone by now sent spans', () => {
    const { services } = judgeTraces([whole], [service('orders', { readyPods: [pod('orders-7')] })], options);

    expect(services[0]).toMatchObject({ verdict: 'inconclusive', pods: { ready: 1, seen: 0 }, findings: [{ id: 'pods-unseen' }] });
  });

  it('waits for spans of a pod that only just became Ready', () => {
    const { services } = judgeTraces([whole], [service('orders', { readyPods: [pod('orders-1'), pod('orders-2', NOW - 59_000)] })], options);

    expect(services[0]).toMatchObject({ verdict: 'ok', findings: [], pods: { ready: 2, seen: 1 } });
  });

  it('says where spans do not name their pods, which breaks nothing', () => {
    const { services } = judgeTraces([[span('a', 'orders', { resource: { 'host.name': 'node-7' } })]], [service('orders')], options);

    expect(services[0]).toMatchObject({ verdict: 'ok', findings: [{ id: 'pods-unnamed', severity: 'info' }], pods: { ready: 1, seen: 0 } });
  });

  it('finds a request that began a new trace although it carried the header of its caller', () => {
    const root = span('c', 'stock', { attributes: { 'http.request.header.sw8': JSON.stringify([sw8('orders|prod|')]) } });

    const { services, edges, traces } = judgeTraces([[root]], [service('orders'), service('stock')], { ...options, canonical: plain, link });

    expect(services[1]).toMatchObject({
      verdict: 'broken',
      findings: [{ id: 'false-roots', severity: 'block', params: { count: 1, traces: 1, from: ['orders'], examples: ['http://jaeger/trace/t1'] } }],
    });
    expect(edges).toEqual([{ from: 'orders', to: 'stock', verdict: 'broken', calls: 1, unanswered: 0, cut: 1, examples: ['http://jaeger/trace/t1'] }]);
    expect(traces).toEqual({ judged: 1, whole: 0, broken: 1, elsewhere: 0, notJudged: 0, breaks: { 'false-roots': 1 } });
  });

  it('counts a false root beside the true one as what it is, and not as a second beginning too', () => {
    const root = span('c', 'stock', { startMs: SWITCHED + 60_001, attributes: { 'http.request.header.sw8': sw8('orders') } });

    const { services } = judgeTraces([[span('a', 'orders'), root]], [service('orders'), service('stock')], options);

    expect(services.flatMap((each) => each.findings.map((finding) => finding.id))).toEqual(['false-roots']);
  });

  describe('of a span whose parent is named by the header and is not in the trace', () => {
    const joined = [span('c', 'stock', { parentSpanId: 'b', attributes: { 'sw8.parent_service': 'gateway|prod|' } })];

    it('says that the other half is elsewhere where the caller does not report to this store; nothing is broken', () => {
      const { services, edges, traces } = judgeTraces([joined], [service('stock')], { ...options, canonical: plain });

      expect(services).toMatchObject([
        { service: 'stock', verdict: 'ok', findings: [{ id: 'parent-not-here', severity: 'warn', params: { count: 1, from: ['gateway'], examples: ['t1'] } }] },
      ]);
      expect(edges).toMatchObject([{ from: 'gateway', to: 'stock', verdict: 'ok', calls: 1 }]);
      expect(traces).toMatchObject({ judged: 1, whole: 0, broken: 0, elsewhere: 1, breaks: { 'parent-not-here': 1 } });
    });

    it.each([
      ['other traces show the caller', [[span('g', 'gateway|prod|', { traceId: 't2' })]], []],
      ['the store has it', [], ['gateway']],
    ])('finds the chain broken where %s', (_, others, alsoHere) => {
      const { services } = judgeTraces([joined, ...others], [service('stock')], { ...options, canonical: plain, alsoHere });

      expect(services[0]).toMatchObject({ verdict: 'broken', findings: [{ id: 'orphan-spans' }] });
    });

    const at = (ms: number): ExpectedService => service('gateway', { countsFromMs: SWITCHED + 60_000 + ms });
    const later = span('g', 'gateway', { traceId: 't2', startMs: SWITCHED + 200_000 });

    it('finds the chain broken where the caller had been switched for long, whether or not it shows anything', () => {
      const silent = judgeTraces([joined], [service('stock'), at(-120_000)], { ...options, canonical: plain });
      const seen = judgeTraces([joined, [later]], [service('stock'), at(-120_000)], { ...options, canonical: plain });

      for (const { services } of [silent, seen]) expect(services[0]).toMatchObject({ verdict: 'broken', findings: [{ id: 'orphan-spans' }] });
    });

    it.each([
      ['was switched later', at(30_000)],
      ['may still have had an old pod', at(-119_999)],
    ])('finds the other half elsewhere where the caller %s', (_, gateway) => {
      const { services } = judgeTraces([joined, [later]], [service('stock'), gateway], { ...options, canonical: plain });

      expect(services[0]).toMatchObject({ verdict: 'ok', findings: [{ id: 'parent-not-here' }] });
    });

    it('finds the chain broken where the tee carries what the old agent of the caller sent', () => {
      const old = span('o', 'gateway', { traceId: 't3', attributes: { 'sw8.segment_id': '1.2.3' } });

      const { services } = judgeTraces([joined, [later], [old]], [service('stock'), at(30_000)], { ...options, canonical: plain });

      expect(services[0]).toMatchObject({ verdict: 'broken', findings: [{ id: 'orphan-spans' }] });
    });

    it('waits for nobody where the caller is of the run and not switched yet', () => {
      const { services } = judgeTraces([joined], [service('stock'), service('gateway', { switched: false })], { ...options, canonical: plain });

      expect(services[0]).toMatchObject({ verdict: 'ok', findings: [{ id: 'parent-not-here' }] });
    });
  });

  it('asks a service that still has the old agent for a span only where it reports to this store', () => {
    const stock = service('stock', { switched: false, readyPods: [] });

    const silent = judgeTraces([unanswered], [service('orders'), stock], options);
    const here = judgeTraces([unanswered, [span('s', 'stock', { traceId: 't2' })]], [service('orders'), stock], options);

    expect(silent).toMatchObject({ traces: { whole: 1 }, services: [{ verdict: 'ok' }, { verdict: 'inconclusive', findings: [{ id: 'not-reporting' }] }] });
    expect(here).toMatchObject({
      traces: { whole: 1, broken: 1 },
      services: [{ verdict: 'ok' }, { verdict: 'broken', findings: [{ id: 'unanswered-calls' }] }],
    });
  });

  it('reports a service beside the run whose chains broke, and no other', () => {
    const elsewhere = [span('x', 'payments', { traceId: 't2', parentSpanId: 'gone' }), span('y', 'mail', { traceId: 't2', parentSpanId: 'x' })];

    const { services } = judgeTraces([whole, elsewhere], [service('orders')], options);

    expect(services.slice(1)).toMatchObject([{ service: 'payments', workloads: [], verdict: 'broken', findings: [{ id: 'orphan-spans' }] }]);
  });

  it('judges one service under all the names it had', () => {
    const canonical = (name: string): string => (name === 'orders-old' ? 'orders' : name);
    const before = [span('a', 'orders-old', { traceId: 't2', kind: 'client' }), span('b', 'stock', { traceId: 't2', parentSpanId: 'a' })];

    const { services, edges } = judgeTraces([whole, before], [service('orders'), service('stock')], { ...options, canonical });

    expect(services[0]).toMatchObject({ service: 'orders', traces: 2, spans: 3 });
    expect(edges).toMatchObject([{ from: 'orders', to: 'stock', calls: 2 }]);
  });

  it('leaves out traces that began before the window', () => {
    const { traces } = judgeTraces([whole], [service('orders')], { ...options, fromMs: SWITCHED + 60_001 });

    expect(traces).toMatchObject({ judged: 0, notJudged: 1 });
  });

  it('counts a trace once in each kind of break, and names at most three', () => {
    const orphan = (traceId: string): JudgedSpan[] => [
      span(`${traceId}-1`, 'stock', { traceId, parentSpanId: 'gone' }),
      span(`${traceId}-2`, 'stock', { traceId, parentSpanId: 'gone' }),
    ];

    const { services, traces } = judgeTraces(['1', '2', '3', '4'].map(orphan), [service('stock')], options);

    expect(traces).toMatchObject({ broken: 4, breaks: { 'orphan-spans': 4 } });
    expect(services[0]?.findings).toMatchObject([{ params: { count: 8, traces: 4, examples: ['1', '2', '3'] } }]);
  });

  it('lets an allowed finding stand without breaking the verdict', () => {
    const rules = [{ id: 'orphan-spans', match: 'shop/stock', reason: 'callers outside send a trace context' }];

    const { services } = judgeTraces([whole.slice(2)], [service('stock')], { ...options, allowance: { ...options.allowance, rules } });

    expect(services[0]).toMatchObject({ verdict: 'ok', findings: [{ id: 'orphan-spans' }] });
  });
});
