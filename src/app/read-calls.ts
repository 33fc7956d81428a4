import { ChangeoverError } from '../core/error.ts';
import type { ServiceEdge } from '../core/plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { TraceStore } from '../ports/trace-store.ts';

const PATIENCE_MS = 5000;
const LOOK_BACK_MS = 24 * 60 * 60 * 1000;

/**
 * Who calls whom, as the trace store counted it in the last day; undefined where it does not answer within 5 s, or counts
 * nothing. Good to know and no more: only the caller's own interruption is thrown.
 */
export async function readCalls(
  store: TraceStore,
  clock: Clock,
  signal?: AbortSignal,
): Promise<readonly (ServiceEdge & { readonly calls?: number })[] | undefined> {
  const late = new AbortController();
  const stop = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
  const toMs = clock.now();
  const timeout = clock.sleep(PATIENCE_MS, stop).then(() => undefined);
  try {
    const calls = await Promise.race([store.dependencies({ fromMs: toMs - LOOK_BACK_MS, toMs }, stop), timeout]);
    return calls && calls.length > 0 ? calls : undefined;
  } catch (error) {
    if (!(error instanceof ChangeoverError) || signal?.aborted) throw error;
    return undefined;
  } finally {
    timeout.catch(() => undefined);
    late.abort();
  }
}
