import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTokens } from './token-diff.ts';

describe('diffTokens', () => {
  it('shows only the tokens that change', () => {
    const tokens = diffTokens('-Xmx1g -javaagent:/sw/a.jar -Dx=1', '-Xmx1g -Dx=1 -Dy=2');

    expect(tokens.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['kept -Xmx1g', 'removed -javaagent:/sw/a.jar', 'kept -Dx=1', 'added -Dy=2']);
  });

  it('tells both texts: kept and removed is the old one, kept and added the new one', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', '-x=1'), { maxLength: 8 });
    fc.assert(
      fc.property(words, words, (before, after) => {
        const tokens = diffTokens(before.join(' '), after.join('  '));

        expect(tokens.filter((token) => token.kind !== 'added').map((token) => token.text)).toEqual(before);
        expect(tokens.filter((token) => token.kind !== 'removed').map((token) => token.text)).toEqual(after);
      }),
    );
  });
});
