import { describe, expect, it } from 'vitest';
import { isCronDay, parseCron } from './cron.ts';

describe('parseCron', () => {
  it('reads stars, lists, ranges, steps and names', () => {
    const cron = parseCron('*/20 9-11,22 * jan,3 mon-wed');

    expect([...(cron?.minutes ?? [])]).toEqual([0, 20, 40]);
    expect([...(cron?.hours ?? [])]).toEqual([9, 10, 11, 22]);
    expect([...(cron?.months ?? [])]).toEqual([1, 3]);
    expect([...(cron?.weekdays ?? [])]).toEqual([1, 2, 3]);
  });

  it('knows Sunday by both numbers', () => {
    expect(parseCron('0 0 * * 7')?.weekdays).toEqual(parseCron('0 0 * * sun')?.weekdays);
  });

  it.each(['', '0 0 * *', '60 0 * * *', '0 24 * * *', '0 0 0 * *', '0 0 * 13 *', '0 0 * * 8', '5-1 * * * *', '*/0 * * * *', '0 0 * * mon-', 'a * * * *'])(
    'refuses %j',
    (text) => {
      expect(parseCron(text)).toBeUndefined();
    },
  );
});

describe('isCronDay', () => {
  it('takes either day where both are restricted, and both where one is a star', () => {
    const friday13 = Date.UTC(2026, 10, 13);
    const other = parseCron('0 0 1 * fri');
    const starred = parseCron('0 0 1 * *');

    expect(other && isCronDay(other, friday13)).toBe(true);
    expect(starred && isCronDay(starred, friday13)).toBe(false);
  });
});
