import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { viewPod } from '../pod-view.ts';
import { isBeforeUpdate, sinceUpdate } from './in-place.ts';

const UPDATED = '2026-03-02T12:00:00Z';

function pod(container: JsonObject, state: JsonObject | string = { updateTimestamp: UPDATED, lastContainerStatuses: { app: { imageID: 'old' } } }): KubeObject {
  const text = typeof state === 'string' ? state : JSON.stringify(state);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-x', annotations: { 'apps.kruise.io/inplace-update-state': text } },
    status: { containerStatuses: [{ name: 'app', ready: true, restartCount: 3, imageID: 'new', ...container }] },
  };
}

function ended(startedAt: string): JsonObject {
  return { lastState: { terminated: { exitCode: 143, reason: 'Error', startedAt, finishedAt: '2026-03-02T12:00:05Z' } } };
}

describe('an update in place', () => {
  it('is not there yet while the container runs its old image, whatever the label says', () => {
    const waiting = pod({ imageID: 'old' });
    const done = pod({});

    expect(isBeforeUpdate(waiting, viewPod(waiting))).toBe(true);
    expect(isBeforeUpdate(done, viewPod(done))).toBe(false);
  });

  it("raises the count of restarts by one that is not the change's fault", () => {
    const updated = pod(ended('2026-03-01T08:00:00Z'));

    const [state] = sinceUpdate(updated, viewPod(updated)).containers;

    expect(state).toMatchObject({ restarts: 0 });
    expect(state).not.toHaveProperty('lastTerminated');
  });

  it('hides no restart of what came with it', () => {
    const crashed = pod(ended('2026-03-02T12:00:02Z'));

    expect(sinceUpdate(crashed, viewPod(crashed)).containers[0]).toMatchObject({ restarts: 3, lastTerminated: { exitCode: 143 } });
  });

  it.each(['{not json', '"text"', '{}'])('that cannot be read is none: %s', (state) => {
    const unclear = pod(ended('2026-03-01T08:00:00Z'), state);

    expect(isBeforeUpdate(unclear, viewPod(unclear))).toBe(false);
    expect(sinceUpdate(unclear, viewPod(unclear))).toEqual(viewPod(unclear));
  });
});
