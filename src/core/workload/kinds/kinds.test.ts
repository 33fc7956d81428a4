import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { kindOf } from './kind-of.ts';
import { isPodOf } from './revision.ts';

function object(kind: string, spec: JsonObject, status: JsonObject = {}): KubeObject {
  return { apiVersion: '', kind, metadata: { name: 'x', uid: 'owner', generation: 3 }, spec, status };
}

describe('what keeps a workload from being changed', () => {
  const onHold = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
  const pause = (duration?: string | number): JsonObject => ({ pause: duration === undefined ? {} : { duration } });
  const canary = (...steps: readonly JsonObject[]): JsonObject => ({ strategy: { canary: { steps } } });

  it.each<readonly [string, string, JsonObject, string | undefined]>([
    ['a paused Deployment', 'Deployment', { paused: true }, 'paused'],
    ['a StatefulSet with a partition', 'StatefulSet', { updateStrategy: onHold }, 'paused'],
    ['a StatefulSet with OnDelete', 'StatefulSet', { updateStrategy: { type: 'OnDelete' } }, 'deferred'],
    ['a DaemonSet with OnDelete', 'DaemonSet', { updateStrategy: { type: 'OnDelete' } }, 'deferred'],
    ['a suspended CronJob', 'CronJob', { suspend: true }, 'paused'],
    ['a paused Rollout', 'Rollout', { paused: true }, 'paused'],
    ['a Rollout whose template is elsewhere', 'Rollout', { workloadRef: { kind: 'Deployment', name: 'web' } }, 'deferred'],
    ['a Rollout with a step that waits for a person', 'Rollout', canary({ setWeight: 20 }, pause()), 'deferred'],
    ['a Rollout with a pause in words we do not know', 'Rollout', canary(pause('a while')), 'deferred'],
    ['a Rollout that is promoted by hand', 'Rollout', { strategy: { blueGreen: { autoPromotionEnabled: false } } }, 'deferred'],
    ['a Rollout whose pauses end by themselves', 'Rollout', canary(pause('2m'), pause(30), pause('1h')), undefined],
    ['a paused CloneSet', 'CloneSet', { updateStrategy: { paused: true } }, 'paused'],
    ['a CloneSet with a partition in pods', 'CloneSet', { updateStrategy: { partition: 1 } }, 'paused'],
    ['a CloneSet with a partition in percent', 'CloneSet', { updateStrategy: { partition: '30%' } }, 'paused'],
    ['a CloneSet with a partition of nothing', 'CloneSet', { updateStrategy: { partition: '0%' } }, undefined],
  ])('%s', (_what, kind, spec, skip) => {
    expect(kindOf({ kind }).obstacle(object(kind, spec))?.id).toBe(skip);
  });

  it('is also that its last rollout was aborted', () => {
    expect(kindOf({ kind: 'Rollout' }).obstacle(object('Rollout', {}, { abort: true }))?.id).toBe('unhealthy-before');
  });
});

describe('a kind', () => {
  it.each<readonly [string, JsonObject, JsonObject, number]>([
    ['Deployment', { replicas: 4 }, {}, 4],
    ['Deployment', {}, {}, 1],
    ['StatefulSet', { replicas: 0 }, {}, 0],
    ['DaemonSet', {}, { desiredNumberScheduled: 7 }, 7],
    ['CronJob', {}, {}, 0],
    ['Rollout', { replicas: 2 }, {}, 2],
    ['CloneSet', { replicas: 3 }, {}, 3],
  ])('%s %j %j wants %i pods', (kind, spec, status, wanted) => {
    expect(kindOf({ kind }).wanted(object(kind, spec, status))).toBe(wanted);
  });

  it('is seen by its controller once the generation is, also where that is a text', () => {
    const rollout = kindOf({ kind: 'Rollout' });

    expect(rollout.observed(object('Rollout', {}, { observedGeneration: '2' }))).toBe(false);
    expect(rollout.observed(object('Rollout', {}, { observedGeneration: '3' }))).toBe(true);
    expect(rollout.observed(object('Rollout', {}))).toBe(false);
  });

  it('of Argo Rollouts waits as long as its steps say, doubles its pods for blue-green, and tells when it turned back', () => {
    const { heldMs, surge, aborted } = kindOf({ kind: 'Rollout' });
    const steps = [{ pause: { duration: '2m' } }, { setWeight: 50 }, { pause: { duration: 30 } }];

    expect(heldMs?.(object('Rollout', { strategy: { canary: { steps } } }))).toBe(150_000);
    expect(surge(object('Rollout', { replicas: 4, strategy: { blueGreen: {} } }))).toBe(4);
    expect(aborted?.(object('Rollout', {}, { abort: true, message: 'metric failed' }))).toBe('metric failed');
    expect(aborted?.(object('Rollout', {}))).toBeUndefined();
  });
});

describe('the pods of a revision', () => {
  const pod = (hash: string | undefined, uid = 'owner'): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      ...(hash === undefined ? {} : { labels: { 'controller-revision-hash': hash } }),
      ownerReferences: [{ apiVersion: '', kind: '', name: '', uid, controller: true }],
    },
  });
  const revision: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'web-7d9', uid: 'rev', ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: 'owner', controller: true }] },
  };

  it.each([
    ['that carry its name', pod('web-7d9'), true],
    ['that carry its hash', pod('7d9'), true],
    ['of another revision', pod('web-111'), false],
    ['of another owner with the same hash', pod('web-7d9', 'other'), false],
    ['without the label', pod(undefined), false],
  ])('are those %s', (_which, each, expected) => {
    expect(isPodOf(each, revision)).toBe(expected);
  });
});
