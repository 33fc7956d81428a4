import { describe, expect, it } from 'vitest';
import type { ServiceReport, ServiceVerdict } from '../verify/verify-report.ts';
import { GATE_WAIT_MS, judgeGate, type GateObservation } from './judge-gate.ts';

const hold = { batch: 2, heldSince: 0, now: 60_000 };

describe('judgeGate', () => {
  it('lets the batch start when every service is seen whole, or nothing was switched', () => {
    expect(judgeGate(seen([service('a', 'ok'), service('b', 'ok')]), hold)).toEqual({ kind: 'pass' });
    expect(judgeGate({ at: 0, report: { services: [], reason: { id: 'nothing-migrated', params: {} } } }, hold)).toEqual({ kind: 'pass' });
  });

  it.each<ServiceVerdict>(['inconclusive', 'silent'])('waits for a service that is %s, and says for which and why', (verdict) => {
    const found = seen([service('a', 'ok'), service('b', verdict, 'no-traffic')]);

    expect(judgeGate(found, hold)).toEqual({
      kind: 'wait',
      waitingFor: { id: 'gate-holding', params: { batch: 2, services: ['shop/Deployment/b'], more: 0, because: ['no-traffic'] } },
    });
  });

  it('waits ten minutes and no longer', () => {
    const found = seen([service('a', 'inconclusive', 'no-traffic')]);

    expect(judgeGate(found, { ...hold, now: GATE_WAIT_MS }).kind).toBe('wait');
    expect(judgeGate(found, { ...hold, now: GATE_WAIT_MS + 1 })).toMatchObject({ kind: 'expired', workloads: ['shop/Deployment/a'], params: { minutes: 10 } });
    expect(judgeGate(undefined, { ...hold, now: GATE_WAIT_MS + 1 }).kind).toBe('expired');
  });

  it('takes a broken chain for an answer at once, whatever else is missing', () => {
    const found = seen([service('a', 'inconclusive', 'no-traffic'), service('b', 'broken', 'false-roots', ['t1', 't2', 't3', 't4'])]);

    expect(judgeGate(found, hold)).toEqual({
      kind: 'broken',
      workloads: ['shop/Deployment/b'],
      params: { batch: 2, services: ['shop/Deployment/b'], more: 0, findings: ['false-roots'], traces: ['t1', 't2', 't3'] },
    });
  });

  it('never passes on a store that could not be read', () => {
    const down = { at: 0, report: { services: [], reason: { id: 'trace-store-failed', params: { detail: 'ECONNREFUSED' } } } };

    expect(judgeGate(down, hold)).toMatchObject({ kind: 'wait', waitingFor: { params: { because: ['trace-store-failed'], detail: 'ECONNREFUSED' } } });
  });

  it('names five services and counts the rest', () => {
    const many = seen(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => service(name, 'silent', 'no-spans')));

    expect(judgeGate(many, hold)).toMatchObject({ waitingFor: { params: { services: { length: 5 }, more: 2, because: ['no-spans'] } } });
  });
});

function seen(services: readonly ServiceReport[]): GateObservation {
  return { at: 0, report: { services } };
}

function service(name: string, verdict: ServiceVerdict, id?: string, examples: readonly string[] = []): ServiceReport {
  const findings = id === undefined ? [] : [{ id, severity: 'block', params: { examples } } as const];
  return { service: name, workloads: [`shop/Deployment/${name}`], verdict, traces: 1, spans: 1, pods: { ready: 1, seen: 1 }, findings };
}
