import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['5m', 300_000],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1h0m5s', 3_605_000],
    ['0s', 0],
  ])('reads %s as %d ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '5', '5 m', '-5m', '1.5h', '30m1h', '5min', 'm', '99999999999999h'])('takes %j for no duration', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
