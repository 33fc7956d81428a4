import { describe, expect, it } from 'vitest';
import type { StoredSpan, TraceStore } from '../../src/ports/trace-store.ts';

/** A store with a way to put spans in; `put` returns once they can be read. */
export interface FilledStore {
  readonly store: TraceStore;
  readonly put: (spans: readonly StoredSpan[]) => Promise<void>;
}

/** What every TraceStore must do. Names of services are unique per test, so that one real store can serve all of them. */
export function describeTraceStore(name: string, open: () => Promise<FilledStore>): void {
  describe(`${name} keeps the contract of TraceStore`, () => {
    it('lists the services it has spans of', async () => {
      const { store, put } = await open();
      await put([span({ service: 'listed-a' }), span({ service: 'listed-b' })]);

      expect(await store.services()).toEqual(expect.arrayContaining(['listed-a', 'listed-b']));
    });

    it('returns whole traces: also the spans of other services', async () => {
      const { store, put } = await open();
      const root = span({ service: 'whole-caller', kind: 'client', attributes: { 'server.address': 'whole-callee' } });
      const child = span({ service: 'whole-callee', traceId: root.traceId, parentSpanId: root.spanId, resource: { 'host.name': 'whole-callee-7d9f' } });
      await put([root, child]);

      const [trace, ...rest] = await store.traces(around('whole-callee'));

      expect(rest).toEqual([]);
      expect(byId(trace ?? [])).toEqual(byId([root, child]));
    });

    it('keeps the parent of a span whose parent never arrived, and ids with leading zeros', async () => {
      const { store, put } = await open();
      const orphan = span({ service: 'orphaned', traceId: `0000000000000000${hex(16)}`, spanId: `00${hex(14)}`, parentSpanId: `0${hex(15)}` });
      await put([orphan]);

      expect(await store.traces(around('orphaned'))).toEqual([[orphan]]);
    });

    it('returns at most as many traces as asked for, and none outside of the window', async () => {
      const { store, put } = await open();
      await put([span({ service: 'limited' }), span({ service: 'limited' }), span({ service: 'limited' })]);

      expect(await store.traces({ ...around('limited'), limit: 2 })).toHaveLength(2);
      expect(await store.traces({ ...around('limited'), toMs: Date.now() - 3_600_000, fromMs: Date.now() - 7_200_000 })).toEqual([]);
    });

    it('counts who called whom: no call within a service, none outside of the window', async () => {
      const { store, put } = await open();
      const root = span({ service: 'counted-caller' });
      const client = span({ service: 'counted-caller', kind: 'client', traceId: root.traceId, parentSpanId: root.spanId });
      const served = span({ service: 'counted-callee', traceId: root.traceId, parentSpanId: client.spanId });
      await put([root, client, served]);

      const now = await store.dependencies({ fromMs: Date.now() - 60_000, toMs: Date.now() + 60_000 });
      const before = await store.dependencies({ fromMs: Date.now() - 7_200_000, toMs: Date.now() - 3_600_000 });

      expect(now.filter((each) => each.from.startsWith('counted') || each.to.startsWith('counted'))).toEqual([
        { from: 'counted-caller', to: 'counted-callee', calls: 1 },
      ]);
      expect(before.filter((each) => each.from.startsWith('counted'))).toEqual([]);
    });

    it('loses no trace between two windows that share a moment', async () => {
      const { store, put } = await open();
      const { startMs: moment } = span({ service: 'halved' });
      const spans = [-1, 0, 1].map((offset) => span({ service: 'halved', startMs: moment + offset }));
      await put(spans);

      const earlier = await store.traces({ service: 'halved', fromMs: moment - 60_000, toMs: moment, limit: 20 });
      const later = await store.traces({ service: 'halved', fromMs: moment, toMs: moment + 60_000, limit: 20 });

      expect(new Set([...earlier, ...later].flat().map((each) => each.traceId))).toEqual(new Set(spans.map((each) => each.traceId)));
      expect(earlier.length + later.length).toBeLessThanOrEqual(4);
    });

    it('returns nothing for a service it does not know', async () => {
      const { store } = await open();

      expect(await store.traces(around('never-seen'))).toEqual([]);
    });
  });
}

let counter = 0;

/** A span of a few seconds ago; ids are new unless given. */
function span(given: Partial<StoredSpan> & { readonly service: string }): StoredSpan {
  return {
    traceId: hex(32),
    spanId: hex(16),
    operation: 'GET /',
    kind: 'server',
    startMs: Math.floor(Date.now() / 1000) * 1000 - 5000,
    durationMs: 12,
    resource: {},
    attributes: {},
    ...given,
  };
}

function hex(length: number): string {
  counter += 1;
  return `${counter.toString(16)}f`.padEnd(length, 'a');
}

function around(service: string): { readonly service: string; readonly fromMs: number; readonly toMs: number; readonly limit: number } {
  return { service, fromMs: Date.now() - 60_000, toMs: Date.now() + 60_000, limit: 20 };
}

function byId(spans: readonly StoredSpan[]): ReadonlyMap<string, StoredSpan> {
  return new Map(spans.map((each) => [each.spanId, each]));
}
