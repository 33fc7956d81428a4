import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';

describe('matchesGlob', () => {
  it.each([
    ['filebeat*', 'filebeat', true],
    ['filebeat*', 'filebeat-7', true],
    ['*-log-collector', 'app-log-collector', true],
    ['*-log-collector', 'log-collector', false],
    ['shop/*', 'shop/orders', true],
    ['shop/*', 'bank/orders', false],
    ['*', 'shop/orders', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['*a*b', 'xaxbxab', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s against %s is %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('agrees with the regular expression it stands for', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });

    fc.assert(
      fc.property(letters, text, (pattern, subject) => {
        const same = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);

        expect(matchesGlob(pattern, subject)).toBe(same.test(subject));
      }),
    );
  });
});
