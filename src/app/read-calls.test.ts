import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../adapters/simulated/virtual-clock.ts';
import { ChangeoverError } from '../core/error.ts';
import type { TraceStore } from '../ports/trace-store.ts';
import { readCalls } from './read-calls.ts';

const calls = [{ from: 'a', to: 'b', calls: 1 }];

describe('readCalls', () => {
  it("asks for the last day's calls", async () => {
    const clock = new VirtualClock();

    const found = await readCalls(
      storeOf(async ({ fromMs, toMs }) => (toMs === clock.now() && toMs - fromMs === 86_400_000 ? calls : [])),
      clock,
    );

    expect(found).toEqual(calls);
  });

  it.each<[string, TraceStore['dependencies']]>([
    ['does not answer', () => new Promise(() => undefined)],
    ['is not reachable', () => Promise.reject(new ChangeoverError('unreachable', 'no answer'))],
    ['counts nothing', async () => []],
  ])('knows nothing of a store that %s', async (_case, dependencies) => {
    expect(await readCalls(storeOf(dependencies), new VirtualClock())).toBeUndefined();
  });

  it('stops with its caller', async () => {
    const stop = new AbortController();
    const waits: TraceStore['dependencies'] = (_window, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new ChangeoverError('aborted', 'stopped'))));
    const clock = { now: () => 0, sleep: () => new Promise<void>(() => undefined) };

    const reading = readCalls(storeOf(waits), clock, stop.signal);
    stop.abort();

    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });

  it('hides no mistake of ours', async () => {
    const broken = storeOf(() => Promise.reject(new TypeError('x is not a function')));

    await expect(readCalls(broken, new VirtualClock())).rejects.toThrow(TypeError);
  });
});

function storeOf(dependencies: TraceStore['dependencies']): TraceStore {
  return { services: async () => [], traces: async () => [], dependencies };
}
