import { parentPort } from 'node:worker_threads';
import { simulate } from './rig/simulate.ts';

/** Runs blocks of seeds as they are asked for, and answers with what failed. */
parentPort?.on('message', ({ from, count }: { readonly from: number; readonly count: number }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  void runBlock(from, count).then((failures) => parentPort?.postMessage(failures));
});

async function runBlock(from: number, count: number): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const { violations } = await simulate(seed).catch((error: unknown) => ({ violations: [String(error)] }));
    if (violations.length > 0) failures.push(`npm run simulate -- --seed ${seed}\n  ${violations.join('\n  ')}`);
  }
  return failures;
}
