import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';

describe('matchesGlob', () => {
  it.each([
    ['istio-proxy', 'istio-proxy', true],
    ['filebeat*', 'filebeat-7', true],
    ['*-log-collector', 'orders-log-collector', true],
    ['*-log-collector', 'login', false],
    ['shop/*', 'shop/orders', true],
    ['shop/*', 'shop2/orders', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['*', '', true],
  ])('%s against %s is %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('agrees with a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });

    fc.assert(
      fc.property(text, text, (pattern, subject) => {
        const expression = new RegExp(`^${pattern.split('*').map((part) => part.replaceAll(/[^a-z]/g, String.raw`\$&`)).join('[^]*')}$`);

        expect(matchesGlob(pattern, subject)).toBe(expression.test(subject));
      }),
    );
  });
});
