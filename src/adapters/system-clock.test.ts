import { describe, expect, it } from 'vitest';
import { systemClock } from './system-clock.ts';

describe('systemClock', () => {
  it('never wakes before its time', async () => {
    const before = systemClock.now();

    await systemClock.sleep(20);

    expect(systemClock.now() - before).toBeGreaterThanOrEqual(19);
  });

  it('rejects with the code aborted when the signal fires, also before the sleep', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort();

    await expect(sleeping).rejects.toMatchObject({ code: 'aborted' });
    await expect(systemClock.sleep(0, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
  });
});
