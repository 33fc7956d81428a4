import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** A reason why waiting longer is of no use. */
  readonly giveUp?: () => string | undefined;
}

/** Asks again and again until the answer is neither undefined nor false; throws after the time is over, naming what was waited for and the last error. */
export async function waitUntil<T>(ask: () => Promise<T | undefined | false>, options: WaitOptions): Promise<T> {
  const end = performance.now() + options.timeoutMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (cause) {
      last = cause;
    }
    const reason = options.giveUp?.();
    if (reason !== undefined) throw new Error(`${options.what} will not come: ${reason}`);
    await sleep(options.everyMs ?? 200);
  }
  throw new Error(`Gave up waiting for ${options.what} after ${Math.round(options.timeoutMs / 1000)} s${last instanceof Error ? `: ${last.message}` : ''}`, {
    cause: last,
  });
}
