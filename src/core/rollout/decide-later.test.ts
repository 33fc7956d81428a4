import { describe, expect, it } from 'vitest';
import { NOON, observation, pod, record, situation } from '../../../test/builders/rollout.ts';
import { decide } from './decide.ts';

describe('decide, once pods come and go', () => {
  it('gives what breaks a soak a rollout of its own, and counts it', () => {
    const soaking = record('orders', { state: 'SOAKING', followed: 'rs' });
    const now = NOON + 45 * 60_000;
    const observations = new Map([[soaking.item.id, observation(soaking, now - NOON, { newPods: [pod('a')] })]]);

    const actions = decide(situation([[soaking]], { now, observations }));

    expect(actions).toMatchObject([{ kind: 'record', record: { state: 'ROLLING', unsettled: 1, rolloutStartedAt: new Date(now).toISOString() } }]);
  });

  it('starts no batch in the turn in which it finds that a switched workload crashes', () => {
    const done = record('orders', { state: 'SUCCEEDED' });
    const next = record('billing');
    const crashed = pod('a', { ready: false }, { ready: false, restarts: 2, lastTerminated: { exitCode: 1, reason: 'Error', message: '' } });
    const at = (minutes: number) => decide(situation([[done], [next]], { now: NOON + minutes * 60_000, switched: new Map([[done.item.id, [crashed]]]) }));

    expect(at(59)).toMatchObject([{ kind: 'record', record: { state: 'REGRESSED', reason: { id: 'container-crashed' } } }]);
    expect(at(61)).toMatchObject([{ kind: 'prepare', id: next.item.id }]);
  });

  it('halts for a workload that crashed later, until a person has seen it', () => {
    const fallen = record('orders', { state: 'REGRESSED', reason: { id: 'container-crashed', params: {} } });
    const next = record('billing');

    expect(decide(situation([[fallen], [next]]))).toMatchObject([{ kind: 'halt', halt: { id: 'regressed', workloads: [fallen.item.id] } }]);
    expect(decide(situation([[{ ...fallen, acknowledged: true }], [next]]))).toMatchObject([{ kind: 'prepare' }]);
  });
});
