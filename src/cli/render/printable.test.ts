import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('printable', () => {
  it('lets nothing foreign move the cursor, ring the bell, set a title or turn text around', () => {
    expect(printable('a\u001B[2Jb\u0007c\u001B]0;title\u0007d\u202Ee\tf\r\ng\u009B31mh')).toBe('abcde f  gh');
  });

  it('keeps letters of every script', () => {
    expect(printable('支付服务 – crème ✓')).toBe('支付服务 – crème ✓');
  });
});
