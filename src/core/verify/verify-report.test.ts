import { describe, expect, it } from 'vitest';
import { makeVerifyReport, type ServiceReport, type ServiceVerdict } from './verify-report.ts';

const window = { fromMs: 0, toMs: 3_600_000 };

function service(verdict: ServiceVerdict): ServiceReport {
  return { service: 'a', workloads: [], verdict, traces: 0, spans: 0, pods: { ready: 0, seen: 0 }, findings: [] };
}

describe('makeVerifyReport', () => {
  it.each([
    [['ok', 'ok'], 'ok'],
    [['ok', 'inconclusive'], 'inconclusive'],
    [['inconclusive', 'broken'], 'broken'],
    [['ok', 'silent'], 'broken'],
  ] as const)('draws from %j the verdict %s', (verdicts, expected) => {
    const report = makeVerifyReport('move', window, { services: verdicts.map(service), edges: [] });

    expect(report).toMatchObject({ kind: 'VerifyReport', run: 'move', from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T01:00:00.000Z', verdict: expected });
    expect(report.reason).toBeUndefined();
  });

  it('is inconclusive when nothing was migrated, and says so', () => {
    expect(makeVerifyReport('move', window, { services: [], edges: [] })).toMatchObject({ verdict: 'inconclusive', reason: { id: 'nothing-migrated' } });
  });
});
