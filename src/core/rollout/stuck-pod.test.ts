import { describe, expect, it } from 'vitest';
import { observation, pod, record } from '../../../test/builders/rollout.ts';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { INTENT } from './marker.ts';
import { findStuckPod } from './stuck-pod.ts';

const back = record('db', { state: 'RB_ROLLING' });
const bad = pod('db-2', { ready: false });

function statefulSet(spec: JsonObject = {}, change: { readonly observed?: number; readonly intent?: string } = {}): KubeObject {
  const annotations = change.intent === undefined ? {} : { [INTENT]: change.intent };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', generation: 4 },
    spec: { template: { metadata: { annotations } }, ...spec },
    status: { observedGeneration: change.observed ?? 4 },
  };
}

describe('the pod that holds up a way back', () => {
  it('is the one of our revision that is not Ready', () => {
    const seen = observation(back, 0, { object: statefulSet(), newPods: [pod('db-1'), bad] });

    expect(findStuckPod(seen, back)).toBe(bad);
  });

  it.each([
    ['while the controller has not seen the old template', { object: statefulSet({}, { observed: 3 }) }],
    ['while our template is still there', { object: statefulSet({}, { intent: 'r.1' }) }],
    ['where pods are not waited for in order', { object: statefulSet({ podManagementPolicy: 'Parallel' }) }],
    ['of a kind whose controller replaces bad pods itself', { object: { ...statefulSet(), kind: 'DaemonSet' } }],
    ['that is Ready', { newPods: [pod('db-2')] }],
    ['that is on its way out', { newPods: [pod('db-2', { ready: false, terminating: true })] }],
    ['of the old revision', { newPods: [], oldPods: [bad] }],
    ['of a workload that is gone', { object: undefined }],
  ])('is none %s', (_when, change) => {
    const seen = observation(back, 0, { object: statefulSet(), newPods: [bad], ...change });

    expect(findStuckPod(seen, back)).toBeUndefined();
  });
});
