import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { item } from '../../../test/builders/rollout.ts';
import { makeBatches } from './make-batches.ts';

const names = (batches: readonly (readonly string[])[]): readonly string[] => batches.map((ids) => ids.map((id) => id.split('/')[2]).join(''));

describe('makeBatches', () => {
  it('tries one workload of each stack before any other, in batches of their own', () => {
    const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => item(name, { fingerprint: ['x', 'x', 'y', 'z', 'z', 'x'][index] ?? '' }));

    expect(names(makeBatches(items, { waves: [1, 3, 10], batchSize: 10 }))).toEqual(['a', 'cd', 'bef']);
  });

  it('does not grow by a wave that its stacks did not fill', () => {
    const items = ['x', 'y', 'x', 'x', 'y', 'y', 'x'].map((fingerprint, index) => item('abcdefg'[index] ?? '', { fingerprint }));

    expect(names(makeBatches(items, { waves: [1, 3, 10], batchSize: 10 }))).toEqual(['a', 'b', 'cde', 'fg']);
  });

  it('takes wave sizes in turn, repeats the last, and never exceeds the batch size', () => {
    const items = 'abcdefgh'.split('').map((name) => item(name));

    expect(names(makeBatches(items, { waves: [1, 2, 10], batchSize: 3 }))).toEqual(['a', 'bc', 'def', 'gh']);
  });

  it('follows a given order within both parts', () => {
    const items = 'abcd'.split('').map((name) => item(name));
    const order = ['c', 'a', 'd'].map((name) => `shop/Deployment/${name}`);

    expect(names(makeBatches(items, { waves: [1, 10], batchSize: 10 }, order))).toEqual(['c', 'adb']);
  });

  it('holds every workload once, and never two of a stack before that stack was tried', () => {
    const stacks = fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 20 });

    fc.assert(
      fc.property(stacks, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), (prints, waves) => {
        const items = prints.map((fingerprint, index) => item(`w${index}`, { fingerprint }));
        const batches = makeBatches(items, { waves, batchSize: 3 });
        const print = new Map(items.map((each) => [each.id, each.fingerprint]));
        const tried = new Set<string>();
        for (const batch of batches) {
          const stacksOf = batch.map((id) => print.get(id) ?? '');
          const untried = stacksOf.filter((each) => !tried.has(each));
          expect(untried.length).toBe(new Set(untried).size);
          stacksOf.forEach((each) => tried.add(each));
        }
        expect(batches.flat().sort()).toEqual(items.map((each) => each.id).sort());
      }),
    );
  });
});
