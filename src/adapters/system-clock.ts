import { setTimeout as wait } from 'node:timers/promises';
import { ChangeoverError } from '../core/error.ts';
import type { Clock } from '../ports/clock.ts';

/** Longer timers overflow in Node and would fire at once: long sleeps are made of these. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      for (let left = Math.max(0, ms); left >= 0; left -= LONGEST_TIMER_MS) {
        await wait(Math.min(left, LONGEST_TIMER_MS), undefined, signal ? { signal } : {});
      }
    } catch (error) {
      throw new ChangeoverError('aborted', 'interrupted while waiting', { cause: error });
    }
  },
};
