import { describe, expect, it } from 'vitest';
import { NOON, observation, pod, record } from '../../../test/builders/rollout.ts';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { judge, type Verdict } from './judge.ts';
import type { Observation } from './observation.ts';

const MINUTE = 60_000;
const rolling = record('orders', { state: 'ROLLING' });

function live(kind: string, spec: JsonObject, status: JsonObject = {}): KubeObject {
  return { apiVersion: '', kind, metadata: { name: 'orders', uid: 'uid-orders', generation: 2 }, spec, status: { observedGeneration: 2, ...status } };
}

function judgeAt(minutes: number, seen: Partial<Observation>): Verdict {
  const proofs = { 'uid-a': { kind: 'target', line: '' } } as const;
  return judge(observation(rolling, minutes * MINUTE, { newPods: [pod('a')], proofs, ...seen }), rolling, { soakMs: 5 * MINUTE, proof: 'log' });
}

describe('a verdict on a kind', () => {
  it('waits as long as the steps of a Rollout hold it up, and no longer', () => {
    const object = live('Rollout', { replicas: 2, strategy: { canary: { steps: [{ pause: { duration: '15m' } }] } } });

    expect(judgeAt(24, { object }).kind).toBe('wait');
    expect(judgeAt(26, { object })).toMatchObject({ kind: 'fail', reason: { id: 'deadline' } });
  });

  it('takes the word of a controller that turned back, once it has seen the change', () => {
    const said = { abort: true, message: 'metric failed' };

    expect(judgeAt(1, { object: live('Rollout', { replicas: 2 }, said) })).toEqual({
      kind: 'fail',
      reason: { id: 'rollout-aborted', params: { detail: 'metric failed' } },
    });
    expect(judgeAt(1, { object: live('Rollout', { replicas: 2 }, { ...said, observedGeneration: '1' }) }).kind).toBe('wait');
  });

  it.each([
    ['StatefulSet', { updateStrategy: { rollingUpdate: { partition: 1 } } }],
    ['CloneSet', { updateStrategy: { paused: true } }],
  ])('waits for a person where somebody stops the rollout of a %s', (kind, spec) => {
    expect(judgeAt(1, { object: live(kind, { replicas: 2, ...spec }) })).toMatchObject({ kind: 'inconclusive', reason: { id: 'paused-by-others' } });
  });

  it('wants a pod on every node of a DaemonSet', () => {
    const object = live('DaemonSet', {}, { desiredNumberScheduled: 2 });

    expect(judgeAt(1, { object })).toMatchObject({ kind: 'wait', waitingFor: { id: 'pods', params: { ready: 1, wanted: 2 } } });
    expect(judgeAt(1, { object: live('DaemonSet', {}, { desiredNumberScheduled: 1 }) })).toMatchObject({ kind: 'wait', phase: 'soaking' });
  });

  it('is none for a CronJob, whose pods come later', () => {
    const verdict = judgeAt(1, { object: live('CronJob', {}), newPods: [], at: NOON });

    expect(verdict).toEqual({ kind: 'deferred', reason: { id: 'unverified', params: { because: 'next-run' } } });
  });
});
