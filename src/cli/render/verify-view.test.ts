import { describe, expect, it } from 'vitest';
import { makeVerifyReport, type ServiceReport } from '../../core/verify/verify-report.ts';
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

describe('formatVerify', () => {
  it('puts what needs eyes first and says why below the table', () => {
    const silent = service('orders', {
      verdict: 'silent',
      traces: 0,
      spans: 0,
      pods: { ready: 2, seen: 0 },
      findings: [{ id: 'no-spans', severity: 'block', params: { calls: 7 } }],
    });

    const lines = formatVerify(makeVerifyReport('r', window, { services: [service('cart'), silent], edges: [] }), style);

    expect(lines).toEqual([
      '   SERVICE  VERDICT  TRACES  SPANS  PODS SEEN',
      '✗  orders   silent        0      0     0 of 2',
      '✓  cart     ok           12     40     2 of 2',
      '',
      '  orders: other services called it 7 times, and no span of it arrived',
      '',
      'Not well: 1 service silent, 0 with broken chains. run r, traces from 2026-11-03T10:00:00Z to 2026-11-03T11:00:00Z',
    ]);
  });

  it('says that all is well', () => {
    const lines = formatVerify(makeVerifyReport('r', window, { services: [service('cart')], edges: [] }), style);

    expect(lines.at(-1)).toContain('All well: traces of 1 switched service arrive, every chain is whole.');
  });

  it('never calls well what could not be judged', () => {
    const reason = { id: 'trace-store-failed', params: { detail: 'connection refused' } };

    const lines = formatVerify(makeVerifyReport('r', window, { services: [], edges: [], reason }), style);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Inconclusive: the trace store cannot be read: connection refused.');
  });
});
