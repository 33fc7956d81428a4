import { describe, expect, it } from 'vitest';
import { painter } from './paint.ts';
import { formatTable } from './table.ts';

const plain = painter(false);

describe('formatTable', () => {
  it('aligns columns by cells, with titles and without blanks at the end', () => {
    const lines = formatTable(
      [{ title: 'NAME' }, { title: 'PODS', align: 'end' }, { title: 'WHY' }],
      [
        ['支付', '3', ''],
        ['orders', '12', 'yes'],
      ],
      { paint: plain, width: 80 },
    );

    expect(lines).toEqual(['NAME    PODS  WHY', '支付       3', 'orders    12  yes']);
  });

  it('cuts the widest column that may shrink, and no other', () => {
    const lines = formatTable([{}, { shrinkTo: 4 }, { shrinkTo: 4 }], [['untouchable', 'a long explanation', 'short']], { paint: plain, width: 30 });

    expect(lines).toEqual(['untouchable  a long ex…  short']);
  });

  it('overflows rather than cut below the minimum', () => {
    const lines = formatTable([{ shrinkTo: 4 }, {}], [['abcdefgh', 'untouchable']], { paint: plain, width: 5 });

    expect(lines).toEqual(['abc…  untouchable']);
  });

  it('cuts nothing where there is no terminal', () => {
    const long = 'x'.repeat(500);

    expect(formatTable([{ shrinkTo: 4 }], [[long]], { paint: plain, width: Infinity })).toEqual([long]);
  });

  it('colours text without moving columns', () => {
    const [line] = formatTable(
      [{}, {}],
      [
        [{ text: 'ab', tone: 'bad' }, 'c'],
        ['abcd', 'e'],
      ],
      { paint: painter(true), width: 80 },
    );

    expect(line).toBe('\u001B[31mab\u001B[39m    c');
  });
});
