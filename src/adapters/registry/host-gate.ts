import { ChangeoverError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';

/** The door to one registry host: how many requests may be open, how fast they may start, and when the host asked us to wait. */
export interface HostGate {
  /** Waits for a free place; the returned function gives it back and may be called more than once. */
  enter(signal: AbortSignal | undefined): Promise<() => void>;
  /** No request starts in the next `ms` milliseconds. */
  pause(ms: number): void;
}

const OPEN_REQUESTS = 4;
const MAX_ROUNDS = 10;

/** A gate for one host. `rate` is requests per second; left out = as fast as the places allow. */
export function createHostGate(clock: Clock, rate?: number): HostGate {
  const waiting: (() => void)[] = [];
  let open = 0;
  let nextStart = 0;
  let pausedUntil = 0;

  async function takePlace(signal: AbortSignal | undefined): Promise<void> {
    if (open < OPEN_REQUESTS) {
      open += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(new ChangeoverError('aborted', 'stopped while waiting for a registry'));
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      waiting.push(enter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  function leave(): void {
    const next = waiting.shift();
    // The place goes straight to the next one waiting, so nobody can slip in between.
    if (next) next();
    else open -= 1;
  }

  async function waitForStart(signal: AbortSignal | undefined): Promise<void> {
    const interval = rate === undefined ? 0 : 1000 / rate;
    const now = clock.now();
    const start = Math.max(now, nextStart);
    nextStart = start + interval;
    if (start > now) await clock.sleep(start - now, signal);
    // The host may ask for more patience while we wait: then once more, but not for ever.
    for (let round = 0; round < MAX_ROUNDS && pausedUntil > clock.now(); round += 1) await clock.sleep(pausedUntil - clock.now(), signal);
  }

  return {
    async enter(signal) {
      if (signal?.aborted) throw new ChangeoverError('aborted', 'stopped before talking to a registry');
      await takePlace(signal);
      let left = false;
      const release = (): void => {
        if (!left) leave();
        left = true;
      };
      try {
        await waitForStart(signal);
      } catch (error) {
        release();
        throw error;
      }
      return release;
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.now() + ms);
    },
  };
}
