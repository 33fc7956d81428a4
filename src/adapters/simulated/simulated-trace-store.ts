import { ChangeoverError } from '../../core/error.ts';
import type { ServiceDependency, StoredSpan, TraceStore } from '../../ports/trace-store.ts';

/** A trace store in memory: spans are put in by a test or a simulated fleet. */
export interface SimulatedTraceStore extends TraceStore {
  add(...spans: readonly StoredSpan[]): void;
  /** Makes every further read fail like a store that is down; false brings it back. */
  setUnreachable(down: boolean): void;
}

/** An empty store. */
export function createSimulatedTraceStore(): SimulatedTraceStore {
  const traces = new Map<string, StoredSpan[]>();
  let down = false;
  const read = <T>(answer: () => T): Promise<T> => {
    if (down) return Promise.reject(new ChangeoverError('unreachable', 'the simulated trace store is down', { retryable: true }));
    return Promise.resolve(answer());
  };
  return {
    add: (...spans) => {
      for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
    },
    setUnreachable: (value) => {
      down = value;
    },
    services: () => read(() => [...new Set([...traces.values()].flat().map((span) => span.service))].sort()),
    traces: ({ service, fromMs, toMs, limit }) =>
      read(() =>
        [...traces.values()]
          .filter((spans) => spans.some((span) => span.service === service && span.startMs >= fromMs && span.startMs <= toMs))
          .sort((a, b) => latest(b) - latest(a))
          .slice(0, limit),
      ),
    dependencies: ({ fromMs, toMs }) =>
      read(() => dependenciesOf([...traces.values()].map((spans) => spans.filter((span) => span.startMs >= fromMs && span.startMs <= toMs)))),
  };
}

function latest(spans: readonly StoredSpan[]): number {
  return Math.max(...spans.map((span) => span.startMs));
}

function dependenciesOf(traces: readonly (readonly StoredSpan[])[]): readonly ServiceDependency[] {
  const calls = traces.flatMap((spans) =>
    spans.flatMap((span) => {
      const parent = spans.find((each) => each.spanId === span.parentSpanId);
      return parent && parent.service !== span.service ? [{ from: parent.service, to: span.service }] : [];
    }),
  );
  const groups = Map.groupBy(calls, (call) => JSON.stringify([call.from, call.to]));
  return [...groups.values()].flatMap((group) => group.slice(0, 1).map((call) => ({ ...call, calls: group.length })));
}
