import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, pad, truncate, wrap } from './display-width.ts';

describe('displayWidth', () => {
  it.each([
    ['orders', 6],
    ['支付服务', 8],
    ['e\u0301', 1],
    ['✅', 2],
    ['👩‍👩‍👧', 2],
    ['…━✓', 3],
  ])('takes %s for %i cells', (text, cells) => {
    expect(displayWidth(text)).toBe(cells);
  });
});

describe('truncate', () => {
  it('never exceeds the width and keeps what fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, width) => {
        const cut = truncate(text, width);

        expect(displayWidth(cut)).toBeLessThanOrEqual(width);
        if (displayWidth(text) <= width) expect(cut).toBe(text);
      }),
    );
  });

  it('does not cut a wide character in half', () => {
    expect(truncate('支付服务', 4)).toBe('支…');
  });
});

describe('pad', () => {
  it('counts cells, not characters', () => {
    expect(pad('支付', 6)).toBe('支付  ');
    expect(pad('7', 3, 'end')).toBe('  7');
  });
});

describe('wrap', () => {
  it('breaks at blanks and leaves a long word whole', () => {
    expect(wrap('a bb averyverylongword c', 6)).toEqual(['a bb', 'averyverylongword', 'c']);
  });
});
