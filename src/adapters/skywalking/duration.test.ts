import { describe, expect, it } from 'vitest';
import { durationOf } from './duration.ts';

const toMs = Date.parse('2026-11-24T23:59:30Z');
const HOUR = 3_600_000;

describe('durationOf', () => {
  it.each([
    [HOUR, { start: '2026-11-24 2259', end: '2026-11-24 2359', step: 'MINUTE' }],
    [24 * HOUR, { start: '2026-11-23 23', end: '2026-11-24 23', step: 'HOUR' }],
    [30 * 24 * HOUR, { start: '2026-10-25', end: '2026-11-24', step: 'DAY' }],
  ])('takes the finest step that %i ms allow', (length, expected) => {
    expect(durationOf({ fromMs: toMs - length, toMs }, '+0000')).toEqual(expected);
  });

  it.each([
    ['+0800', '2026-11-25 0759'],
    ['-03:30', '2026-11-24 2029'],
  ])("says times as the backend's clock shows them: %s", (zone, end) => {
    expect(durationOf({ fromMs: toMs - HOUR, toMs }, zone).end).toBe(end);
  });
});
