import { ChangeoverError } from '../core/error.ts';
import type { StoredSpan, TraceQuery, TraceStore, TraceWindow } from '../ports/trace-store.ts';
import { pooled } from './pooled.ts';

/** Traces asked for at a time. An answer this long may not be all there is: its window is then read in halves. */
const PAGE = 200;
const PARALLEL = 4;
/** Shorter windows are not halved any more: stores count in milliseconds at best. */
const SHORTEST_MS = 1;

export interface ReadTraces {
  /** Each trace once, with all its spans. */
  readonly traces: readonly (readonly StoredSpan[])[];
  /** True where not all traces of the window were read. */
  readonly cut: boolean;
}

export interface ReadTracesOptions {
  readonly window: TraceWindow;
  /** About this many traces are read at most, beside one answer for each service; the newest first. */
  readonly maxTraces: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads all traces of the window that any of the services took part in. Each service gets an answer before any gets more:
 * where not everything can be read, no service is left out. Throws as the store does.
 */
export async function readTraces(store: TraceStore, services: readonly string[], options: ReadTracesOptions): Promise<ReadTraces> {
  const byId = new Map<string, readonly StoredSpan[]>();
  let cut = false;
  const readPage = async (query: TraceWindow & { readonly service: string }): Promise<'all' | 'more'> => {
    const { traces, full } = await askPage(store, { ...query, limit: PAGE }, options.signal);
    for (const spans of traces) keepLonger(byId, spans);
    return full ? 'more' : 'all';
  };
  const readHalves = async (service: string, window: TraceWindow): Promise<void> => {
    const halves = halve(window);
    cut ||= halves.length === 0;
    for (const half of halves) {
      if (byId.size >= options.maxTraces) {
        cut = true;
        return;
      }
      if ((await readPage({ service, ...half })) === 'more') await readHalves(service, half);
    }
  };
  const names = [...new Set(services)];
  const answers = await pooled(names, PARALLEL, (service) => readPage({ service, ...options.window }));
  const unfinished = names.filter((_, index) => answers[index] === 'more');
  await pooled(unfinished, PARALLEL, (service) => readHalves(service, options.window));
  return { traces: [...byId.values()], cut };
}

/** The later half comes first: where not everything can be read, what is missing is the oldest. */
function halve({ fromMs, toMs }: TraceWindow): readonly TraceWindow[] {
  const middle = Math.floor((fromMs + toMs) / 2);
  if (toMs - fromMs <= SHORTEST_MS) return [];
  return [
    { fromMs: middle, toMs },
    { fromMs, toMs: middle },
  ];
}

/** One answer of the store; `full` where there may be more than it holds. */
async function askPage(
  store: TraceStore,
  query: TraceQuery,
  signal: AbortSignal | undefined,
): Promise<{ readonly traces: readonly (readonly StoredSpan[])[]; readonly full: boolean }> {
  try {
    const traces = await store.traces(query, signal);
    return { traces, full: traces.length >= query.limit };
  } catch (error) {
    const divisible = error instanceof ChangeoverError && error.code === 'too-large' && query.toMs - query.fromMs > SHORTEST_MS;
    if (divisible) return { traces: [], full: true };
    throw error;
  }
}

/** The same trace may be read twice while it grows. */
function keepLonger(byId: Map<string, readonly StoredSpan[]>, spans: readonly StoredSpan[]): void {
  const id = spans[0]?.traceId ?? '';
  if (spans.length > (byId.get(id)?.length ?? 0)) byId.set(id, spans);
}
