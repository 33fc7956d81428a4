import type { VirtualClock } from './virtual-clock.ts';

/** A controller's queue: each key waits once, for a moment, and is then worked on. */
export function workQueue(clock: VirtualClock, delayMs: number, work: (key: string) => void): (key: string, afterMs?: number) => void {
  const waiting = new Set<string>();
  return (key, afterMs) => {
    if (afterMs !== undefined) return clock.after(afterMs, () => work(key));
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(delayMs, () => {
      waiting.delete(key);
      work(key);
    });
  };
}
