import { describe, expect, it } from 'vitest';
import { makeBaseline } from './baseline.ts';
import { compareBaseline, unseenEdges, type CompareOptions } from './compare-baseline.ts';
import { canonicalNames } from './service-names.ts';

const baseline = makeBaseline(
  'skywalking',
  { fromMs: 0, toMs: 1 },
  {
    services: ['lonely'],
    edges: [
      { from: 'gateway', to: 'orders|prod|' },
      { from: 'orders|prod|', to: 'stock' },
      { from: 'stock', to: 'stock|prod|' },
    ],
  },
);
const canonical = canonicalNames(new Map([['orders', 'shop-orders']]));
const options: CompareOptions = {
  file: 'before.json',
  canonical,
  allowance: { ids: [], rules: [], today: '2026-11-24' },
  workloadsOf: (service) => (service === 'stock' ? ['shop/Deployment/stock'] : []),
};
const edge = (from: string, to: string): { from: string; to: string } => ({ from, to });
const all = { services: new Set(['gateway', 'shop-orders', 'stock', 'lonely']), edges: [edge('gateway', 'shop-orders'), edge('shop-orders', 'stock')] };

describe('compareBaseline', () => {
  it('finds everything under the names of today, and no call of a service to itself', () => {
    expect(compareBaseline(baseline, all, options)).toMatchObject({
      file: 'before.json',
      source: 'skywalking',
      verdict: 'ok',
      services: { expected: 4, seen: 4 },
      edges: { expected: 2, seen: 2 },
      findings: [],
    });
  });

  it('blocks on a service that is gone while its neighbours have traffic, and says so once, not for its calls as well', () => {
    const report = compareBaseline(baseline, { services: new Set(['gateway', 'shop-orders', 'lonely']), edges: [edge('gateway', 'shop-orders')] }, options);

    expect(report).toMatchObject({
      verdict: 'missing',
      services: { expected: 4, seen: 3 },
      edges: { expected: 2, seen: 1 },
      findings: [{ id: 'service-missing', severity: 'block', params: { service: 'stock', traffic: true } }],
    });
  });

  it('blocks on a call that no trace shows between services that have traffic', () => {
    const report = compareBaseline(baseline, { ...all, edges: [edge('gateway', 'shop-orders')] }, options);

    expect(report).toMatchObject({ verdict: 'missing', findings: [{ id: 'edge-missing', severity: 'block', params: { from: 'shop-orders', to: 'stock' } }] });
  });

  it('is inconclusive about a service where neither it nor its neighbours had traffic', () => {
    const report = compareBaseline(baseline, { ...all, services: new Set(['gateway', 'shop-orders', 'stock']) }, options);

    expect(report).toMatchObject({
      verdict: 'inconclusive',
      findings: [{ id: 'service-missing', severity: 'warn', params: { service: 'lonely', traffic: false } }],
    });
  });

  it('is inconclusive, not broken, when nothing at all had traffic', () => {
    const report = compareBaseline(baseline, { services: new Set(), edges: [] }, options);

    expect(report.verdict).toBe('inconclusive');
    expect(report.findings.map((finding) => [finding.id, finding.severity])).toEqual(Array.from({ length: 4 }, () => ['service-missing', 'warn']));
  });

  it('names calls that are new, which break nothing', () => {
    const report = compareBaseline(baseline, { ...all, edges: [...all.edges, edge('gateway', 'lonely')] }, options);

    expect(report).toMatchObject({ verdict: 'ok', findings: [{ id: 'edges-new', severity: 'info', params: { count: 1, edges: ['gateway -> lonely'] } }] });
  });

  it.each([
    ['everywhere', {}, 'ok'],
    ['for the workload at one end', { match: 'shop/stock' }, 'ok'],
    ['for another workload', { match: 'shop/cart' }, 'missing'],
    ['until yesterday', { until: '2026-11-23' }, 'missing'],
  ])('lets what is allowed %s stand', (_, rule, verdict) => {
    const allowance = { ...options.allowance, rules: [{ id: 'edge-missing', reason: 'a nightly job', ...rule }] };

    const report = compareBaseline(baseline, { ...all, edges: [edge('gateway', 'shop-orders')] }, { ...options, allowance });

    expect(report).toMatchObject({ verdict, findings: [{ id: 'edge-missing' }] });
  });
});

describe('unseenEdges', () => {
  it('lists the calls of the baseline that no trace shows, under the names of today', () => {
    expect(unseenEdges(baseline, [edge('gateway', 'shop-orders')], canonical)).toEqual([
      { from: 'shop-orders', to: 'stock', verdict: 'unseen', calls: 0, unanswered: 0, cut: 0, examples: [] },
    ]);
  });
});
