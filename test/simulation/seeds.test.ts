import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Seeds of one run; `CHANGEOVER_SEEDS` for another number. */
const SEEDS = Number(process.env['CHANGEOVER_SEEDS'] ?? 10_000);
const BLOCK = 500;
const blocks = Array.from({ length: Math.ceil(SEEDS / BLOCK) }, (_, index) => index * BLOCK);

describe('the engine, under faults and beside other writers, holds every invariant', () => {
  const workers: Worker[] = [];
  const results = new Map(blocks.map((from) => [from, Promise.withResolvers<readonly string[]>()]));

  beforeAll(() => {
    const waiting = [...blocks];
    for (let count = 0; count < Math.max(2, availableParallelism()); count += 1) {
      const worker = new Worker(join(import.meta.dirname, 'seeds-worker.ts'));
      workers.push(worker);
      void workThrough(worker, waiting);
    }
  });

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  it.each(blocks)(`for ${BLOCK} seeds from %i`, async (from) => {
    const failures = await results.get(from)?.promise;

    expect(failures).toEqual([]);
  });

  async function workThrough(worker: Worker, waiting: number[]): Promise<void> {
    for (let from = waiting.shift(); from !== undefined; from = waiting.shift()) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      worker.postMessage({ from, count: Math.min(BLOCK, SEEDS - from) });
      try {
        const [failures] = (await once(worker, 'message')) as [readonly string[]];
        results.get(from)?.resolve(failures);
      } catch (error) {
        results.get(from)?.reject(error);
        return;
      }
    }
  }
});
