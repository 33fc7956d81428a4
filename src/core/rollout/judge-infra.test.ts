import { describe, expect, it } from 'vitest';
import { observation, pod, record, NOON } from '../../../test/builders/rollout.ts';
import { judge } from './judge.ts';
import { judgeRollback } from './judge-rollback.ts';
import { trackPods } from './track-pods.ts';

const minute = 60_000;
const rules = { soakMs: 5 * minute, proof: 'off' as const };
const orders = record('orders', { state: 'ROLLING' });
const killed = { ready: false, terminated: { exitCode: 143, reason: 'Error', message: '' } };
const soaked = (...names: readonly string[]): Record<string, { at: string; transition: string }> =>
  Object.fromEntries(names.map((name) => [`uid-${name}`, { at: new Date(NOON).toISOString(), transition: new Date(NOON).toISOString() }]));

describe('trouble outside the change', () => {
  it('does not fail a pod that is being deleted for how its container ends, and waits for its successor', () => {
    const seen = observation(orders, minute, { newPods: [pod('a'), pod('b', { terminating: true, ready: false }, killed)] });

    expect(judge(seen, orders, rules)).toMatchObject({ kind: 'wait', phase: 'rolling', waitingFor: { params: { ready: 1, old: 1 } } });
  });

  it.each(['Evicted', 'Preempting', 'NodeLost', 'OutOfcpu', 'UnexpectedAdmissionError', 'NodeAffinity'])('%s is waited out', (reason) => {
    const seen = observation(orders, minute, { newPods: [pod('a'), pod('b', { phase: 'Failed', reason, ready: false })] });

    expect(judge(seen, orders, rules)).toMatchObject({ kind: 'wait', phase: 'rolling' });
  });

  it('passes once the successors of an evicted pod have soaked, though the evicted one stays listed', () => {
    const evicted = { phase: 'Failed', reason: 'Evicted', ready: false };
    const soaking = { ...orders, state: 'SOAKING' as const, readySince: soaked('a', 'b') };
    const seen = observation(orders, 6 * minute, { newPods: [pod('a'), pod('b'), pod('c', evicted)], oldPods: [pod('d', evicted)] });

    expect(judge(seen, soaking, rules)).toEqual({ kind: 'pass' });
  });

  it('that lasts gets twice the time, and then fails without blaming the change', () => {
    const busy = pod('b', { ready: false, phase: 'Pending' }, { ready: false, waiting: { reason: 'ErrImagePull', message: 'pull QPS exceeded' } });
    const at = (minutes: number) => judge(observation(orders, minutes * minute, { newPods: [pod('a'), busy] }), orders, rules);

    expect(at(19)).toMatchObject({ kind: 'wait' });
    expect(at(21)).toMatchObject({ kind: 'fail', reason: { id: 'infrastructure-deadline', params: { what: 'ImagePull', minutes: 20 } } });
  });

  it('is a lack of capacity where no node has room for ten minutes', () => {
    const homeless = pod('b', { ready: false, unschedulable: '0/3 nodes: insufficient memory' });
    const at = (minutes: number) => judge(observation(orders, minutes * minute, { newPods: [pod('a'), homeless] }), orders, rules);

    expect(at(9)).toMatchObject({ kind: 'wait' });
    expect(at(11)).toMatchObject({ kind: 'fail', reason: { id: 'capacity' } });
  });

  it('during a soak, however late, begins a rollout of its own, up to a bound', () => {
    const soaking = { ...orders, state: 'SOAKING' as const };
    const seen = observation(orders, 45 * minute, { newPods: [pod('a')] });

    expect(judge(seen, soaking, rules)).toMatchObject({ kind: 'wait', phase: 'rolling' });
    expect(judge(seen, { ...soaking, unsettled: 9 }, rules)).toMatchObject({ kind: 'wait' });
    expect(judge(seen, { ...soaking, unsettled: 10 }, rules)).toMatchObject({ kind: 'inconclusive', reason: { id: 'unsettled' } });
  });

  it('does not hold up a way back that is complete but for an evicted pod of ours', () => {
    const back = { ...orders, state: 'RB_ROLLING' as const };
    const seen = observation(orders, 10 * minute, { newPods: [pod('a', { phase: 'Failed', reason: 'Evicted', ready: false })], oldPods: [pod('b'), pod('c')] });

    expect(judgeRollback(seen, back, rules)).toEqual({ kind: 'done' });
  });

  it('is no flap of a pod that is being deleted', () => {
    const known = { ...orders, readySince: soaked('a') };

    const tracked = trackPods(known, observation(orders, minute, { newPods: [pod('a', { ready: false, terminating: true })] }));

    expect(tracked.flaps ?? {}).toEqual({});
  });
});

describe('a change nobody acts on', () => {
  const applied = record('orders', { state: 'APPLIED' });
  const idle = { intentSet: undefined };

  it('is held after 60 s, not put back', () => {
    expect(judge(observation(applied, 59_000, idle), applied, rules)).toMatchObject({ kind: 'wait', waitingFor: { id: 'new-replicaset' } });
    expect(judge(observation(applied, 61_000, idle), applied, rules)).toMatchObject({ kind: 'inconclusive', reason: { id: 'no-replicaset' } });
  });

  it('is waited for while `Recreate` ends the old pods first', () => {
    const recreated = { ...applied, item: { ...applied.item, surge: 0 } };

    expect(judge(observation(applied, 61_000, { ...idle, oldPods: [pod('old')] }), recreated, rules)).toMatchObject({ kind: 'wait' });
    expect(judge(observation(applied, 61_000, idle), recreated, rules)).toMatchObject({ kind: 'inconclusive' });
  });
});

describe('a template that somebody else changes as well', () => {
  const other = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'rs2', uid: 'rs2' } } as const;

  it('is another rollout with its own time', () => {
    const first = trackPods(orders, observation(orders, minute));

    const second = trackPods(first, observation(orders, 8 * minute, { intentSet: other }));

    expect(first).toMatchObject({ followed: 'rs', rolloutStartedAt: orders.rolloutStartedAt });
    expect(second).toMatchObject({ followed: 'rs2', rolloutStartedAt: new Date(NOON + 8 * minute).toISOString() });
    expect(judge(observation(orders, 12 * minute, { intentSet: other }), second, rules)).toMatchObject({ kind: 'wait' });
  });
});
