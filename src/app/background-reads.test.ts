import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../core/error.ts';
import { BackgroundReads } from './background-reads.ts';

/** A clock that the test moves. */
function open(): { readonly reads: BackgroundReads<number>; readonly pass: (ms: number) => Promise<void> } {
  let now = 0;
  const reads = new BackgroundReads<number>({ now: () => now, sleep: async () => undefined });
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { reads, pass };
}

describe('BackgroundReads', () => {
  it('answers at once with what is known, and asks the same thing every ten seconds at most', async () => {
    const { reads, pass } = open();
    let asked = 0;
    const ask = async (): Promise<number> => (asked += 1);

    const first = reads.latest('a', ask);
    await pass(1_000);
    const second = reads.latest('a', ask);
    await pass(8_999);
    const third = reads.latest('a', ask);
    await pass(1);
    reads.latest('a', ask);
    await pass(0);
    const last = reads.latest('a', ask);

    expect(first).toBeUndefined();
    expect([second, third]).toEqual([
      { kind: 'value', at: 0, value: 1 },
      { kind: 'value', at: 0, value: 1 },
    ]);
    expect(last).toEqual({ kind: 'value', at: 10_000, value: 2 });
  });

  it('never has two reads of one thing under way, and keeps the last answer meanwhile', async () => {
    const { reads, pass } = open();
    let asked = 0;
    reads.latest('a', async () => 1);
    await pass(10_000);
    const hang = (): Promise<number> => {
      asked += 1;
      return new Promise(() => undefined);
    };

    reads.latest('a', hang);
    await pass(60_000);
    const answer = reads.latest('a', hang);

    expect(asked).toBe(1);
    expect(answer).toEqual({ kind: 'value', at: 0, value: 1 });
  });

  it('keeps apart what is asked for under different keys', async () => {
    const { reads, pass } = open();
    reads.latest('a', async () => 1);
    reads.latest('b', async () => 2);
    await pass(1);

    expect([reads.latest('a', async () => 0), reads.latest('b', async () => 0)]).toMatchObject([{ value: 1 }, { value: 2 }]);
  });

  it('tells what kept it from an answer, and asks again later', async () => {
    const { reads, pass } = open();
    reads.latest('a', () => Promise.reject(new ChangeoverError('unreachable', 'the store is down')));
    await pass(10_000);

    const failed = reads.latest('a', async () => 7);
    await pass(0);

    expect(failed).toEqual({ kind: 'failed', at: 0, detail: 'the store is down' });
    expect(reads.latest('a', async () => 0)).toEqual({ kind: 'value', at: 10_000, value: 7 });
  });

  it('does not swallow a bug', async () => {
    const { reads, pass } = open();
    reads.latest('a', () => Promise.reject(new TypeError('x is undefined')));
    await pass(0);

    expect(() => reads.latest('a', async () => 0)).toThrow('x is undefined');
  });

  it('stops what is under way when it is closed, and asks nothing any more', async () => {
    const { reads, pass } = open();
    let stopped: AbortSignal | undefined;
    let asked = 0;
    reads.latest('a', (signal) => {
      stopped = signal;
      return new Promise(() => undefined);
    });

    reads.close();
    await pass(10_000);
    reads.latest('b', async () => (asked += 1));

    expect(stopped?.aborted).toBe(true);
    expect(asked).toBe(0);
  });
});
