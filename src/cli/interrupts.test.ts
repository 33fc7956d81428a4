import { describe, expect, it } from 'vitest';
import { fakeWiring } from './fake-wiring.ts';
import { listenForInterrupts, rememberInterrupts } from './interrupts.ts';

describe('interrupts', () => {
  it('ask to stop at the first and to leave at the second', () => {
    const { wiring, interrupt } = fakeWiring();
    const interrupts = listenForInterrupts(wiring);

    interrupt();
    const afterOne = [interrupts.stop.aborted, interrupts.kill.aborted];
    interrupt();

    expect(afterOne).toEqual([true, false]);
    expect(interrupts.kill.aborted).toBe(true);
  });

  it('mean nothing any more once nobody listens', () => {
    const { wiring, interrupt } = fakeWiring();
    const interrupts = listenForInterrupts(wiring);

    interrupts.dispose();
    interrupt();

    expect(interrupts.stop.aborted).toBe(false);
  });

  it('count the same for whoever listens late', () => {
    const { wiring, interrupt } = fakeWiring();
    const onInterrupt = rememberInterrupts(wiring);

    interrupt();
    const late = listenForInterrupts({ onInterrupt });
    const afterOne = [late.stop.aborted, late.kill.aborted];
    interrupt();

    expect(afterOne).toEqual([true, false]);
    expect(late.kill.aborted).toBe(true);
  });
});
