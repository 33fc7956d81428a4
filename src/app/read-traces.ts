import { ChangeoverError } from '../core/error.ts';
import type { StoredSpan, TraceStore, TraceWindow } from '../ports/trace-store.ts';
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
  /** At most about this many traces are read, the newest of each service first. */
  readonly maxTraces: number;
  readonly signal?: AbortSignal;
}

/** Reads all traces of the window that any of the services took part in. Throws as the store does. */
export async function readTraces(store: TraceStore, services: readonly string[], options: ReadTracesOptions): Promise<ReadTraces> {
  const byId = new Map<string, readonly StoredSpan[]>();
  let cut = false;
  const readWindow = async (service: string, window: TraceWindow): Promise<void> => {
    if (byId.size >= options.maxTraces) {
      cut = true;
      return;
    }
    const halves = halve(window);
    const { traces, full } = await readPage(store, { service, ...window, limit: PAGE }, { canSplit: halves !== undefined, signal: options.signal });
    if (full && halves) {
      for (const half of halves) await readWindow(service, half);
      return;
    }
    cut ||= full;
    for (const spans of traces) keepLonger(byId, spans);
  };
  await pooled([...new Set(services)], PARALLEL, (service) => readWindow(service, options.window));
  return { traces: [...byId.values()], cut };
}

/** The later half comes first: where not everything can be read, what is missing is the oldest. */
function halve({ fromMs, toMs }: TraceWindow): readonly [TraceWindow, TraceWindow] | undefined {
  const middle = Math.floor((fromMs + toMs) / 2);
  if (toMs - fromMs <= SHORTEST_MS) return undefined;
  return [
    { fromMs: middle, toMs },
    { fromMs, toMs: middle },
  ];
}

type Query = TraceWindow & { readonly service: string; readonly limit: number };

/** One answer of the store; `full` where there may be more than it holds. */
async function readPage(
  store: TraceStore,
  query: Query,
  options: { readonly canSplit: boolean; readonly signal: AbortSignal | undefined },
): Promise<{ readonly traces: readonly (readonly StoredSpan[])[]; readonly full: boolean }> {
  try {
    const traces = await store.traces(query, options.signal);
    return { traces, full: traces.length >= query.limit };
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'too-large' && options.canSplit) return { traces: [], full: true };
    throw error;
  }
}

/** The same trace may be read twice while it grows. */
function keepLonger(byId: Map<string, readonly StoredSpan[]>, spans: readonly StoredSpan[]): void {
  const id = spans[0]?.traceId ?? '';
  if (spans.length > (byId.get(id)?.length ?? 0)) byId.set(id, spans);
}
