import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../adapters/simulated/apply-json-patch.ts';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { canaryOps, planCanary, restoreOps, type CanaryShape } from './canary.ts';

const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%' };
const minute = 60_000;

describe('planCanary', () => {
  it('holds the controller at one pod for longer than the canary, and never beyond its progress deadline', () => {
    expect(planned(orders({}), 90_000).after).toEqual({ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }, minReadySeconds: 599 });
    expect(planned(orders({ progressDeadlineSeconds: 3600 }), 90_000).after.minReadySeconds).toBe(690);
    expect(planned(orders({ progressDeadlineSeconds: 3600, minReadySeconds: 900 }), 90_000).after.minReadySeconds).toBe(900);
  });

  it('is not due for few replicas, nor where none is asked for', () => {
    expect(planCanary(orders({ replicas: 2 }), minute)).toBeUndefined();
    expect(planCanary(orders({}), 0)).toBeUndefined();
  });

  it.each<readonly [string, KubeObject, string]>([
    ['Recreate', orders({ strategy: { type: 'Recreate' } }), 'RollingUpdate, not "Recreate"'],
    ['a canary longer than the deadline', orders({ progressDeadlineSeconds: 120 }), 'above 120, not 120'],
    ['another kind', { ...orders({}), kind: 'StatefulSet' }, 'not for a StatefulSet'],
  ])('refuses %s by name', (_what, object, words) => {
    expect(planCanary(object, minute)).toMatchObject({ refused: expect.stringContaining(words) });
  });
});

describe('the way out of a canary', () => {
  it.each<readonly [string, JsonObject]>([
    ['absent', {}],
    ['there', { minReadySeconds: 5 }],
    ['as a canary wants it', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }],
  ])('restores exactly what was %s', (_what, spec) => {
    const before = orders(spec);
    const shape = planned(before, minute);

    const during = applyJsonPatch(before, canaryOps(shape), 'orders') as KubeObject;
    const after = applyJsonPatch(during, restoreOps(during, shape), 'orders');

    expect(during['spec']).toMatchObject({ strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    expect(after).toEqual(before);
    expect(restoreOps(before, shape)).toEqual([]);
  });

  it('leaves alone what somebody else has set since', () => {
    const shape = planned(orders({}), minute);
    const changed = orders({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 0 } }, minReadySeconds: 599 });

    expect(restoreOps(changed, shape)).toEqual([
      { op: 'test', path: '/spec/minReadySeconds', value: 599 },
      { op: 'remove', path: '/spec/minReadySeconds' },
    ]);
  });
});

function planned(object: KubeObject, ms: number): CanaryShape {
  const found = planCanary(object, ms);
  if (!found || 'refused' in found) throw new Error('no canary');
  return found;
}

function orders(spec: JsonObject): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders' },
    spec: { replicas: 3, strategy: { type: 'RollingUpdate', rollingUpdate }, ...spec },
  };
}
