import { setTimeout as realSleep } from 'node:timers/promises';
import { ChangeoverError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly seq: number;
  readonly sleeper: boolean;
  readonly fire: () => void;
}

/**
 * Time that jumps: while at least one `sleep` is pending and everything else is idle, the next timer comes at once.
 * Background timers (the simulated world's) fire on the way but never move time by themselves, so that a world left alone
 * stands still. The same calls in the same order give the same times.
 */
export class VirtualClock implements Clock {
  #now: number;
  #seq = 0;
  #sleepers = 0;
  #busy = 0;
  #pumping = false;
  readonly #timers: Timer[] = [];
  #pace: { readonly speedUp: number; readonly real: number; readonly virtual: number } | undefined;

  /** `start`: where time begins, in milliseconds since the epoch. */
  constructor(start: number = Date.UTC(2026, 0, 12, 9, 0, 0)) {
    this.#now = start;
  }

  /** From now on `speedUp` virtual milliseconds take a real one, for people who watch; until then no time is waited for. */
  setPace(speedUp: number): void {
    this.#pace = { speedUp, real: 0, virtual: 0 };
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#wait(ms, { sleeper: true, ...(signal ? { signal } : {}) });
  }

  /** Like `sleep`, for the simulated world: does not make time pass. */
  background(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#wait(ms, { sleeper: false, ...(signal ? { signal } : {}) });
  }

  /** Calls back after `ms` of virtual time, as background. */
  after(ms: number, callback: () => void): void {
    this.#add({ at: this.#now + Math.max(0, ms), sleeper: false, fire: callback });
  }

  /** Time stands still while this work is under way: for work that waits for something real, such as a thread. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work;
    } finally {
      this.#busy -= 1;
    }
  }

  #wait(ms: number, options: { readonly sleeper: boolean; readonly signal?: AbortSignal }): Promise<void> {
    const { sleeper, signal } = options;
    if (signal?.aborted) return Promise.reject(aborted());
    return new Promise((resolve, reject) => {
      const timer = this.#add({
        at: this.#now + Math.max(0, ms),
        sleeper,
        fire: () => {
          signal?.removeEventListener('abort', cancel);
          resolve();
        },
      });
      const cancel = (): void => {
        this.#remove(timer);
        reject(aborted());
      };
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  #add(entry: Omit<Timer, 'seq'>): Timer {
    this.#seq += 1;
    const timer = { ...entry, seq: this.#seq };
    const index = this.#timers.findLastIndex((each) => each.at <= timer.at);
    this.#timers.splice(index + 1, 0, timer);
    if (timer.sleeper) {
      this.#sleepers += 1;
      if (!this.#pumping) void this.#pump();
    }
    return timer;
  }

  #remove(timer: Timer): void {
    const index = this.#timers.indexOf(timer);
    if (index < 0) return;
    this.#timers.splice(index, 1);
    if (timer.sleeper) this.#sleepers -= 1;
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    // Real time that went by while nobody slept is not caught up with; work that took long while somebody did, is.
    if (this.#pace) this.#pace = { ...this.#pace, real: performance.now(), virtual: this.#now };
    while (this.#sleepers > 0) {
      await idle();
      const next = this.#timers[0];
      if (this.#busy > 0 || next === undefined || this.#sleepers === 0) continue;
      if (await this.#keepPace(next.at)) continue;
      this.#now = Math.max(this.#now, next.at);
      this.#remove(next);
      next.fire();
    }
    this.#pumping = false;
  }

  /** Waits until real time has caught up; true when it waited, as the world may have changed meanwhile. */
  async #keepPace(at: number): Promise<boolean> {
    if (!this.#pace) return false;
    const early = this.#pace.real + (at - this.#pace.virtual) / this.#pace.speedUp - performance.now();
    if (early <= 5) return false;
    await realSleep(early);
    return true;
  }
}

/** Resolves when all microtasks and already queued callbacks have run. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function aborted(): ChangeoverError {
  return new ChangeoverError('aborted', 'the wait was interrupted');
}
