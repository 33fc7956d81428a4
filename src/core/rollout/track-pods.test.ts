import { describe, expect, it } from 'vitest';
import { observation, pod, record } from '../../../test/builders/rollout.ts';
import { trackPods } from './track-pods.ts';

describe('pods of a change are followed', () => {
  const ready = pod('a', { readyTransition: '2026-01-12T12:00:05Z' });
  const starting = pod('a', { ready: false, readyTransition: '2026-01-12T12:00:00Z' });
  const failing = pod('a', { ready: false, readyTransition: '2026-01-12T12:00:20Z' });

  it('and a list that is older than the one before it is no news', () => {
    const seen = trackPods(record('orders'), observation(record('orders'), 6_000, { newPods: [ready] }));

    const again = trackPods(seen, observation(seen, 10_000, { newPods: [starting] }));

    expect(again).toBe(seen);
  });

  it('and one that stops being Ready starts anew and is counted', () => {
    const seen = trackPods(record('orders'), observation(record('orders'), 6_000, { newPods: [ready] }));

    const again = trackPods(seen, observation(seen, 20_000, { newPods: [failing] }));

    expect(again).toMatchObject({ readySince: {}, flaps: { 'uid-a': 1 } });
  });
});
