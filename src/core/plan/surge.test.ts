import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import type { Workload } from '../workload/workload.ts';
import { surgeFindings, surgeOf } from './surge.ts';

function workload(replicas: number, strategy?: Json): Workload {
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders' },
    spec: { replicas, ...(strategy === undefined ? {} : { strategy }) },
  };
  return { id: 'shop/Deployment/orders', namespace: 'shop', kind: 'Deployment', name: 'orders', uid: 'u', object, replicaSets: [], pods: [] };
}

describe('surgeOf', () => {
  it.each<readonly [string, number, Json | undefined, number]>([
    ['a quarter rounded up where nothing is said', 5, undefined, 2],
    ['a number as it is', 5, { rollingUpdate: { maxSurge: 3 } }, 3],
    ['a share rounded up', 4, { rollingUpdate: { maxSurge: '30%' } }, 2],
    ['none', 4, { rollingUpdate: { maxSurge: 0 } }, 0],
    ['none when pods are recreated', 4, { type: 'Recreate' }, 0],
  ])('takes %s', (_what, replicas, strategy, expected) => {
    expect(surgeOf(workload(replicas, strategy))).toBe(expected);
  });
});

describe('surgeFindings', () => {
  it('names a workload that alone is more than the run may have extra', () => {
    expect(surgeFindings(workload(10, { rollingUpdate: { maxSurge: 4 } }), 3)).toEqual([
      { id: 'surge-alone', severity: 'info', params: { surge: 4, limit: 3 } },
    ]);
    expect(surgeFindings(workload(10, { rollingUpdate: { maxSurge: 4 } }), 4)).toEqual([]);
  });
});
