import { describe, expect, it } from 'vitest';
import type { Report } from '../../core/rollout/report.ts';
import { formatReportCsv } from './report-csv.ts';

describe('a report as CSV', () => {
  it('quotes what would end a cell, and disarms what a spreadsheet would run', () => {
    const report: Report = {
      apiVersion: 'changeover.dev/v1alpha1',
      kind: 'Report',
      run: 'r',
      planHash: 'h',
      phase: 'COMPLETED',
      startedAt: '',
      startedBy: '',
      counts: {},
      workloads: [{ id: 'shop/Deployment/orders', outcome: 'migrated', team: '=1+1', image: { before: 'a,"b"', after: '@x' } }],
      decisions: [],
      todo: [],
    };

    expect(formatReportCsv(report).split('\r\n')[1]).toBe(`'=1+1,shop,Deployment,orders,migrated,,,,"a,""b""",'@x,,,`);
  });
});
