import { describe, expect, it } from 'vitest';
import { canonicalNames } from './service-names.ts';

describe('canonicalNames', () => {
  const canonical = canonicalNames(
    new Map([
      ['orders', 'shop-orders'],
      ['stock', 'stock'],
      ['old', 'orders-v2'],
      ['shop-orders', 'other'],
    ]),
  );

  it.each([
    ['orders', 'shop-orders', 'a name from before'],
    ['orders|prod|', 'shop-orders', 'a name from before with namespace and cluster'],
    ['stock||eu', 'stock', 'a name that stays'],
    ['payments|prod|eu', 'payments', 'a service that is not of the run'],
    ['shop::payments', 'shop::payments', 'a group, which is part of the name'],
    ['shop-orders', 'shop-orders', 'a name that one service has today and another had before'],
  ])('%s is %s: %s', (name, expected) => {
    expect(canonical(name)).toBe(expected);
  });
});
