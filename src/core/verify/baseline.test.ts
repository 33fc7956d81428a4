import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { baselineText, makeBaseline, readBaseline, type Baseline } from './baseline.ts';

const window = { fromMs: Date.parse('2026-11-23T12:00:00Z'), toMs: Date.parse('2026-11-24T12:00:00Z') };

const baseline: Baseline = makeBaseline('skywalking', window, {
  services: ['stock', 'orders', 'orders'],
  edges: [
    { from: 'orders', to: 'stock', calls: 2 },
    { from: 'gateway', to: 'orders' },
    { from: 'orders', to: 'stock', calls: 3 },
  ],
});

describe('makeBaseline', () => {
  it('names every service once, also those that only edges name, and adds up calls', () => {
    expect(baseline).toMatchObject({
      source: 'skywalking',
      from: '2026-11-23T12:00:00.000Z',
      to: '2026-11-24T12:00:00.000Z',
      services: [{ name: 'gateway' }, { name: 'orders' }, { name: 'stock' }],
    });
    expect(baseline.edges).toEqual([
      { from: 'gateway', to: 'orders' },
      { from: 'orders', to: 'stock', calls: 5 },
    ]);
  });
});

describe('baselineText', () => {
  it('writes one service and one edge a line', () => {
    expect(baselineText(baseline).split('\n').slice(6)).toEqual([
      '  "services": [',
      '    {"name":"gateway"},',
      '    {"name":"orders"},',
      '    {"name":"stock"}',
      '  ],',
      '  "edges": [',
      '    {"from":"gateway","to":"orders"},',
      '    {"from":"orders","to":"stock","calls":5}',
      '  ]',
      '}',
      '',
    ]);
  });

  it('is read back as it was, whatever the names', () => {
    const name = fc.string({ minLength: 1 });
    const edge = fc.record({ from: name, to: name, calls: fc.nat() });

    fc.assert(
      fc.property(fc.array(name), fc.array(edge), (services, edges) => {
        const made = makeBaseline('tee', window, { services, edges });

        expect(readBaseline(JSON.parse(baselineText(made)), 'b.json')).toEqual(made);
      }),
    );
  });
});

describe('readBaseline', () => {
  it.each([
    [[], 'b.json: must be a mapping, is a list'],
    [{ ...baseline, kind: 'Plan' }, 'b.json: kind: must be Baseline, is "Plan"'],
    [{ ...baseline, from: 'yesterday' }, 'b.json: from: must be a time such as 2026-11-24T12:00:00Z'],
    [{ ...baseline, services: [{ name: 'a' }, { name: 7 }] }, 'b.json: services[1].name: must be text, is 7'],
    [{ ...baseline, edges: [{ from: 'a' }] }, 'b.json: edges[0].to: is required'],
  ])('refuses what is no baseline: %j', (value, message) => {
    expect(() => readBaseline(value as unknown as JsonObject, 'b.json')).toThrow(expect.objectContaining({ code: 'invalid-file', message, target: 'b.json' }));
  });
});
