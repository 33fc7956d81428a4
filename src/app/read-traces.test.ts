import { describe, expect, it } from 'vitest';
import { createSimulatedTraceStore } from '../adapters/simulated/simulated-trace-store.ts';
import { ChangeoverError } from '../core/error.ts';
import type { StoredSpan, TraceQuery, TraceStore } from '../ports/trace-store.ts';
import { readTraces } from './read-traces.ts';

const window = { fromMs: 0, toMs: 3_600_000 };

function span(traceId: string, startMs: number, service = 'orders'): StoredSpan {
  return { traceId, spanId: traceId, service, operation: 'GET /', kind: 'server', startMs, durationMs: 1, resource: {}, attributes: {} };
}

/** A store with a number of traces spread over the window, and what was asked of it. */
function filled(count: number): { readonly store: TraceStore; readonly asked: TraceQuery[] } {
  const inner = createSimulatedTraceStore();
  for (let index = 0; index < count; index += 1) inner.add(span(`t${index}`, Math.floor((index * window.toMs) / count)));
  const asked: TraceQuery[] = [];
  return { store: { ...inner, traces: (query) => (asked.push(query), inner.traces(query)) }, asked };
}

const ids = (traces: readonly (readonly StoredSpan[])[]): ReadonlySet<string> => new Set(traces.map((spans) => spans[0]?.traceId ?? ''));

describe('readTraces', () => {
  it('reads all of many traces, however few an answer holds', async () => {
    const { store, asked } = filled(1500);

    const { traces, cut } = await readTraces(store, ['orders'], { window, maxTraces: 20_000 });

    expect(ids(traces).size).toBe(1500);
    expect(traces).toHaveLength(1500);
    expect(cut).toBe(false);
    expect(asked.length).toBeGreaterThan(8);
  });

  it('asks once where that is enough', async () => {
    const { store, asked } = filled(199);

    await readTraces(store, ['orders'], { window, maxTraces: 20_000 });

    expect(asked).toEqual([{ service: 'orders', ...window, limit: 200 }]);
  });

  it('takes a trace that two services took part in once, with all its spans', async () => {
    const store = createSimulatedTraceStore();
    store.add(span('t', 10), { ...span('t', 11, 'stock'), spanId: 'b', parentSpanId: 't' });

    const { traces } = await readTraces(store, ['orders', 'stock', 'orders'], { window, maxTraces: 10 });

    expect(traces.map((spans) => spans.map((each) => each.service))).toEqual([['orders', 'stock']]);
  });

  it('stops at the bound with the newest traces read, and says that there are more', async () => {
    const { store } = filled(2000);

    const { traces, cut } = await readTraces(store, ['orders'], { window, maxTraces: 500 });

    expect(cut).toBe(true);
    expect(traces.length).toBeGreaterThanOrEqual(500);
    expect(traces.length).toBeLessThan(800);
    expect(ids(traces).has('t1999')).toBe(true);
    expect(ids(traces).has('t0')).toBe(false);
  });

  it('leaves no service out where not everything can be read', async () => {
    const store = createSimulatedTraceStore();
    for (let index = 0; index < 900; index += 1) store.add(span(`busy-${index}`, index * 1000));
    store.add(span('rare', 10, 'mail'));

    const { traces, cut } = await readTraces(store, ['orders', 'mail'], { window, maxTraces: 100 });

    expect(cut).toBe(true);
    expect(ids(traces).has('rare')).toBe(true);
  });

  it('says so when more traces begin in one millisecond than an answer holds, and reads the rest', async () => {
    const store = createSimulatedTraceStore();
    for (let index = 0; index < 300; index += 1) store.add(span(`dense-${index}`, 3_000_000), span(`sparse-${index}`, index * 1000));

    const { traces, cut } = await readTraces(store, ['orders'], { window, maxTraces: 20_000 });

    expect(cut).toBe(true);
    expect(traces).toHaveLength(200 + 300);
  });

  it('reads in halves what is too large for one answer', async () => {
    const { store, asked } = filled(20);
    const bounded: TraceStore = {
      ...store,
      traces: async (query) => {
        if (query.toMs - query.fromMs > 1_000_000) throw new ChangeoverError('too-large', 'the answer is too large');
        return store.traces(query);
      },
    };

    const { traces, cut } = await readTraces(bounded, ['orders'], { window, maxTraces: 20_000 });

    expect(traces).toHaveLength(20);
    expect(cut).toBe(false);
    expect(asked).toHaveLength(4);
  });

  it('passes on every other failure', async () => {
    const store = createSimulatedTraceStore();
    store.setUnreachable(true);

    await expect(readTraces(store, ['orders'], { window, maxTraces: 10 })).rejects.toMatchObject({ code: 'unreachable' });
  });
});
