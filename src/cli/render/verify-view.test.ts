import { describe, expect, it } from 'vitest';
import type { BaselineReport } from '../../core/verify/compare-baseline.ts';
import { makeVerifyReport, type ServiceEdge, type ServiceReport } from '../../core/verify/verify-report.ts';
import { painter } from './paint.ts';
import { formatVerify } from './verify-view.ts';

const window = { fromMs: Date.parse('2026-11-03T10:00:00Z'), toMs: Date.parse('2026-11-03T11:00:00Z') };
const style = { paint: painter(false), width: 120 };
const service = (name: string, more: Partial<ServiceReport> = {}): ServiceReport => ({
  service: name,
  workloads: [`shop/Deployment/${name}`],
  verdict: 'ok',
  traces: 12,
  spans: 40,
  pods: { ready: 2, seen: 2 },
  findings: [],
  ...more,
});

const traces = { judged: 14, whole: 12, broken: 0, elsewhere: 2, notJudged: 3, breaks: { 'parent-not-here': 2 } };
const edge = (from: string, to: string, more: Partial<ServiceEdge> = {}): ServiceEdge => ({
  from,
  to,
  verdict: 'ok',
  calls: 12,
  unanswered: 0,
  cut: 0,
  examples: ['t1'],
  ...more,
});

describe('formatVerify', () => {
  it('puts what needs eyes first, says why and where to look, and sums up', () => {
    const silent = service('orders', {
      verdict: 'silent',
      traces: 0,
      spans: 0,
      pods: { ready: 2, seen: 0 },
      findings: [
        { id: 'false-roots', severity: 'block', params: { count: 5, traces: 5, from: ['cart'], examples: ['http://jaeger/trace/1', 'http://jaeger/trace/2'] } },
        { id: 'no-spans', severity: 'block', params: { calls: 7 } },
      ],
    });
    const broken = { judged: 12, whole: 5, broken: 7, elsewhere: 0, notJudged: 0, breaks: { 'false-roots': 5, 'unanswered-calls': 3 } };
    const edges = [edge('gateway', 'cart'), edge('cart', 'orders', { verdict: 'broken', cut: 5, unanswered: 2 })];

    const lines = formatVerify(makeVerifyReport('r', window, { services: [service('cart'), silent], edges, traces: broken }), style);

    expect(lines).toEqual([
      '   SERVICE  VERDICT  TRACES  SPANS  PODS SEEN',
      '✗  orders   silent        0      0     0 of 2',
      '✓  cart     ok           12     40     2 of 2',
      '',
      "✗  orders: 5 requests from cart carried SkyWalking's header and began a new trace here",
      '   for example http://jaeger/trace/1',
      '✗  orders: other services called it 7 times, and no span of it arrived',
      '',
      '   FROM     TO      VERDICT  CALLS  BROKEN',
      '✗  cart     orders  broken      12       7',
      '✓  gateway  cart    ok          12       0',
      '',
      "12 traces judged: 5 whole, 7 broken (5 whose caller's header was not understood, 3 with a call that nobody answered)",
      'Not well: 1 service silent.',
      'run r, traces from 2026-11-03T10:00:00Z to 2026-11-03T11:00:00Z',
    ]);
  });

  it('says that all is well, and still what is not here', () => {
    const caller = { id: 'parent-not-here', severity: 'warn', params: { count: 2, traces: 2, from: ['gateway'], examples: ['t9'] } } as const;

    const lines = formatVerify(makeVerifyReport('r', window, { services: [service('cart', { findings: [caller] })], traces }), style);

    expect(lines.slice(3)).toEqual([
      '!  cart: 2 spans joined to gateway, whose half is in SkyWalking alone: run `changeover tee` in front of it to see whole traces here',
      '   for example t9',
      '',
      '14 traces judged: 12 whole, 0 broken, 2 joined to a caller that is not here; 3 more not judged: too young, or begun before the switch',
      'All well: traces of 1 service arrive, and no chain is broken.',
      'run r, traces from 2026-11-03T10:00:00Z to 2026-11-03T11:00:00Z',
    ]);
  });

  it('shows what of the baseline is missing', () => {
    const baseline: BaselineReport = {
      file: 'before.json',
      source: 'skywalking',
      from: '2026-11-01T10:00:00.000Z',
      to: '2026-11-02T10:00:00.000Z',
      verdict: 'missing',
      services: { expected: 3, seen: 2 },
      edges: { expected: 2, seen: 1 },
      findings: [{ id: 'service-missing', severity: 'block', params: { service: 'stock', traffic: true } }],
    };
    const edges = [edge('cart', 'stock', { verdict: 'unseen', calls: 0, examples: [] })];

    const lines = formatVerify(makeVerifyReport('r', window, { services: [service('cart')], edges, traces, baseline }), style);

    expect(lines).toContain('?  cart  stock  unseen       0       0');
    expect(lines).toContain(
      'Baseline before.json (skywalking, 2026-11-01T10:00Z to 2026-11-02T10:00Z): 2 of 3 services and 1 of 2 calls between them are visible',
    );
    expect(lines).toContain('✗  stock was there before, and no span of it arrives although its neighbours have traffic');
    expect(lines).toContain('Not well: not all of the baseline is visible.');
  });

  it('lists a bounded number of whole calls', () => {
    const edges = Array.from({ length: 30 }, (_, number) => edge('gateway', `service-${number}`));

    const lines = formatVerify(makeVerifyReport('r', window, { services: [service('cart')], edges, traces }), style);

    expect(lines.filter((line) => line.includes('gateway'))).toHaveLength(20);
    expect(lines).toContain('   and 10 more pairs of services, all whole (-o json lists them)');
  });

  it('never calls well what was not read whole, or could not be read', () => {
    const findings = [{ id: 'traces-cut', severity: 'warn', params: { read: 20_000 } }] as const;
    const reason = { id: 'trace-store-failed', params: { detail: 'connection refused' } };

    const cut = formatVerify(makeVerifyReport('r', window, { services: [service('cart')], traces, findings }), style);
    const failed = formatVerify(makeVerifyReport('r', window, { reason }), style);

    expect(cut).toContain('!  20000 traces were read, the newest of each service, and there are more');
    expect(cut).toContain('Inconclusive: not all traces were read.');
    expect(failed[0]).toBe('Inconclusive: the trace store cannot be read: connection refused.');
    expect(failed).toHaveLength(2);
  });
});
