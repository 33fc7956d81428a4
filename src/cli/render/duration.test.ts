import { describe, expect, it } from 'vitest';
import { formatClock, formatDuration, formatEstimate } from './duration.ts';

describe('durations', () => {
  it.each([
    [-5, '0 s'],
    [45_000, '45 s'],
    [59_700, '1 min'],
    [372_000, '6 min 12 s'],
    [3_600_000, '1 h'],
    [10_500_000, '2 h 55 min'],
  ])('say %i ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [20_000, '20 s'],
    [400_000, '7 min'],
    [7_100_000, '1 h 58 min'],
    [9_000_000, '2 h 30 min'],
  ])('estimate %i ms as %s', (ms, text) => {
    expect(formatEstimate(ms)).toBe(text);
  });

  it.each([
    [-1, '0:00'],
    [4_001, '0:05'],
    [247_000, '4:07'],
    [3_847_000, '1:04:07'],
  ])('count %i ms as %s', (ms, text) => {
    expect(formatClock(ms)).toBe(text);
  });
});
