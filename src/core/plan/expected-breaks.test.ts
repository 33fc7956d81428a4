import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { item } from '../../../test/builders/rollout.ts';
import { expectedBreaks } from './expected-breaks.ts';
import type { MigrateItem, SkipItem } from './plan.ts';

const agent = { id: 'skywalking', jarPath: '/sw/a.jar', carrier: 'JAVA_TOOL_OPTIONS', source: 'image ENV JAVA_TOOL_OPTIONS' };
const id = (name: string): string => `shop/Deployment/${name}`;

describe('expectedBreaks', () => {
  it('names both sides after every batch but the last, which ends the split', () => {
    const plan = { items: ['a', 'b', 'c'].map((name) => moved(name)), batches: [[id('b')], [id('a')], [id('c')]] };

    expect(expectedBreaks(plan, 'skywalking')).toEqual([
      { batch: 1, services: { switched: ['b'], notYet: ['a', 'c'] } },
      { batch: 2, services: { switched: ['a', 'b'], notYet: ['c'] } },
    ]);
  });

  it('counts services that stay on the old agent to the end, and no others', () => {
    const items = [
      moved('a'),
      left('stays', 'blocked'),
      left('asleep', 'no-pods'),
      { ...left('other', 'already-on-target'), agent: { ...agent, id: 'opentelemetry' } },
    ];

    expect(expectedBreaks({ items, batches: [[id('a')]] }, 'skywalking')).toEqual([{ batch: 1, services: { switched: ['a'], notYet: ['stays'] } }]);
  });

  it('names the exact calls where the call graph is known, in both directions', () => {
    const plan = { items: ['a', 'b', 'c'].map((name) => moved(name)), batches: [[id('b')], [id('a'), id('c')]] };
    const edges = [
      { from: 'a', to: 'b', calls: 3 },
      { from: 'b', to: 'c', calls: 2 },
      { from: 'a', to: 'c', calls: 1 },
      { from: 'b', to: 'database', calls: 9 },
    ];

    expect(expectedBreaks(plan, 'skywalking', edges)[0]?.edges).toEqual([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ]);
  });

  it("uses a template's name, and finds calls that were counted under the old one", () => {
    const edits = [{ kind: 'env', container: 'a', name: 'OTEL_SERVICE_NAME', before: null, after: { name: 'OTEL_SERVICE_NAME', value: 'shop-a' } } as const];
    const plan = { items: [{ ...moved('a'), edits }, moved('b')], batches: [[id('a')], [id('b')]] };

    expect(expectedBreaks(plan, 'skywalking', [{ from: 'b', to: 'a' }])).toEqual([
      { batch: 1, edges: [{ from: 'b', to: 'a' }], services: { switched: ['shop-a'], notYet: ['b'] } },
    ]);
  });

  it('breaks a call exactly while its two ends are on different sides', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 8 }), (batchOf) => {
        const names = batchOf.map((_, index) => `s${index}`);
        const batches = [1, 2, 3, 4].map((batch) => names.filter((_, index) => batchOf[index] === batch).map(id)).filter((batch) => batch.length > 0);
        const place = (name: string): number => batches.findIndex((batch) => batch.includes(id(name))) + 1;
        const edges = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));

        const breaks = expectedBreaks({ items: names.map((name) => moved(name)), batches }, 'skywalking', edges);

        for (const { from, to } of edges) {
          const broken = breaks.filter((each) => each.edges?.some((edge) => edge.from === from && edge.to === to)).map((each) => each.batch);
          const [first, last] = [place(from), place(to)].toSorted((a, b) => a - b);
          expect(broken).toEqual([1, 2, 3, 4].filter((batch) => batch >= (first ?? 0) && batch < (last ?? 0)));
        }
      }),
    );
  });
});

function moved(name: string): MigrateItem {
  return item(name, { agent: { ...agent, serviceName: name } });
}

function left(name: string, skip: SkipItem['skip']['id']): SkipItem {
  const { id: itsId, uid, owner, replicas } = item(name);
  return { id: itsId, uid, owner, replicas, findings: [], action: 'skip', skip: { id: skip, params: {} }, agent };
}
