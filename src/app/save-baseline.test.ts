import { describe, expect, it } from 'vitest';
import { createSimulatedTraceStore } from '../adapters/simulated/simulated-trace-store.ts';
import type { StoredSpan } from '../ports/trace-store.ts';
import { readBaselineFrom } from './save-baseline.ts';

const window = { fromMs: 0, toMs: 3_600_000 };

function span(spanId: string, service: string, given: Partial<StoredSpan> = {}): StoredSpan {
  return { traceId: 't', spanId, service, operation: 'GET /', kind: 'server', startMs: 1000, durationMs: 1, resource: {}, attributes: {}, ...given };
}

function filled(): ReturnType<typeof createSimulatedTraceStore> {
  const store = createSimulatedTraceStore();
  store.add(span('a', 'orders', { kind: 'client' }), span('b', 'stock', { parentSpanId: 'a' }), span('c', 'retired', { traceId: 'old', startMs: -5000 }));
  return store;
}

describe('readBaselineFrom', () => {
  it("takes SkyWalking's topology as it is", async () => {
    const source = { topology: async () => ({ services: ['orders|prod|', 'stock'], edges: [{ from: 'orders|prod|', to: 'stock' }], apart: ['mysql:3306'] }) };

    const saved = await readBaselineFrom({ kind: 'skywalking', source }, window);

    expect(saved).toMatchObject({ apart: ['mysql:3306'], cut: false });
    expect(saved.baseline).toMatchObject({
      source: 'skywalking',
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-01T01:00:00.000Z',
      services: [{ name: 'orders|prod|' }, { name: 'stock' }],
      edges: [{ from: 'orders|prod|', to: 'stock' }],
    });
  });

  it('takes the calls that Jaeger counted, and the services with a trace in the window', async () => {
    const store = { ...filled(), dependencies: async () => [{ from: 'orders', to: 'stock', calls: 41 }] };

    const { baseline } = await readBaselineFrom({ kind: 'jaeger', store }, window);

    expect(baseline).toMatchObject({
      source: 'jaeger',
      services: [{ name: 'orders' }, { name: 'stock' }],
      edges: [{ from: 'orders', to: 'stock', calls: 41 }],
    });
  });

  it('counts calls in the traces where nothing counted them before', async () => {
    const store = { ...filled(), dependencies: async () => [] };

    const { baseline, cut } = await readBaselineFrom({ kind: 'jaeger', store }, window);

    expect(baseline.edges).toEqual([{ from: 'orders', to: 'stock', calls: 1 }]);
    expect(cut).toBe(false);
  });

  it('refuses to save what could never miss anything', async () => {
    await expect(readBaselineFrom({ kind: 'jaeger', store: createSimulatedTraceStore() }, window)).rejects.toMatchObject({
      code: 'refused',
      target: 'verify.jaeger',
      message: 'no service had traffic between 1970-01-01T00:00:00.000Z and 1970-01-01T01:00:00.000Z, so there is nothing to save',
    });
  });
});
