import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { item } from '../../../test/builders/rollout.ts';
import { callGraphOrder } from './call-graph-order.ts';

const order = (names: string, edges: readonly (readonly [string, string, number?])[]): string =>
  callGraphOrder(
    names.split('').map((name) => item(name)),
    edges.map(([from, to, calls]) => ({ from, to, ...(calls === undefined ? {} : { calls }) })),
  )
    .map((id) => id.split('/')[2])
    .join('');

describe('callGraphOrder', () => {
  it('moves along a chain of calls, from its end', () => {
    expect(
      order('abcd', [
        ['a', 'c'],
        ['c', 'b'],
        ['b', 'd'],
      ]),
    ).toBe('acbd');
  });

  it('finishes one community before it begins the next', () => {
    expect(
      order('abcdef', [
        ['a', 'd', 5],
        ['d', 'f', 5],
        ['a', 'f', 5],
        ['b', 'c', 9],
        ['c', 'e', 9],
        ['b', 'e', 9],
        ['f', 'b', 1],
      ]),
    ).toBe('adfbce');
  });

  it('prefers heavier calls, and takes either direction', () => {
    expect(
      order('abc', [
        ['b', 'a', 1],
        ['c', 'a', 9],
      ]),
    ).toBe('bac');
  });

  it('leaves out whom the graph does not know, and calls to itself', () => {
    expect(
      order('abc', [
        ['a', 'b'],
        ['a', 'a', 100],
        ['c', 'database'],
      ]),
    ).toBe('ab');
  });

  it('orders every known workload once, the same way whatever the order of the calls', () => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
    const edge = fc.tuple(fc.constantFrom(...letters), fc.constantFrom(...letters), fc.integer({ min: 1, max: 9 }));

    fc.assert(
      fc.property(fc.uniqueArray(edge, { selector: ([from, to]) => from + to }), (edges) => {
        const known = new Set(edges.filter(([from, to]) => from !== to).flatMap(([from, to]) => [from, to]));
        expect(order('abcdef', edges).split('').sort()).toEqual([...known].sort());
        expect(order('abcdef', [...edges].reverse())).toBe(order('abcdef', edges));
      }),
    );
  });
});
