import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

describe('VirtualClock', () => {
  it('lets hours pass at once, in order', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    const wait = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      seen.push(`${name} ${clock.now()}`);
    };

    await Promise.all([wait('late', 7_200_000), wait('early', 5), wait('same', 5)]);

    expect(seen).toEqual(['early 5', 'same 5', 'late 7200000']);
  });

  it('rejects with aborted when the signal fires, and forgets the timer', async () => {
    const clock = new VirtualClock(0);
    const stop = new AbortController();

    const waiting = clock.sleep(1_000_000, stop.signal);
    stop.abort();

    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await expect(clock.sleep(1, stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    await clock.sleep(10);
    expect(clock.now()).toBe(10);
  });

  it('fires background timers on the way, and does not move for them alone', async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    clock.after(50, () => fired.push(clock.now()));
    clock.after(500, () => fired.push(clock.now()));

    await new Promise((resolve) => setImmediate(resolve));
    const still = clock.now();
    await clock.sleep(100);

    expect([still, clock.now(), fired]).toEqual([0, 100, [50]]);
  });

  it('stands still while real work is under way', async () => {
    const clock = new VirtualClock(0);
    const work = Promise.withResolvers<void>();
    const times: number[] = [];

    const sleeping = clock.sleep(10).then(() => times.push(clock.now()));
    const held = clock.hold(work.promise).then(() => times.push(clock.now()));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    work.resolve();
    await Promise.all([sleeping, held]);

    expect(times).toEqual([0, 10]);
  });
});
