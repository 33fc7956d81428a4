/** One token of a text, with what happens to it. */
export interface DiffToken {
  readonly kind: 'kept' | 'removed' | 'added';
  readonly text: string;
}

/** Token-wise difference of two option strings: the longest common sequence of blank-separated words stays. */
export function diffTokens(before: string, after: string): readonly DiffToken[] {
  const a = words(before);
  const b = words(after);
  const lengths = commonLengths(a, b);
  const tokens: DiffToken[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [old, young] = [a[i], b[j]];
    if (old !== undefined && old === young) {
      tokens.push({ kind: 'kept', text: old });
      i += 1;
      j += 1;
    } else if (old !== undefined && (young === undefined || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))) {
      tokens.push({ kind: 'removed', text: old });
      i += 1;
    } else {
      tokens.push({ kind: 'added', text: young ?? '' });
      j += 1;
    }
  }
  return tokens;
}

/** `lengths[i][j]` = length of the longest common sequence of `a` from i on and `b` from j on. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly (readonly number[])[] {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, () => 0)];
  for (const word of a.toReversed()) {
    const below = rows[0] ?? [];
    const row = [0];
    for (let j = b.length - 1; j >= 0; j -= 1) row.unshift(b[j] === word ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[0] ?? 0));
    rows.unshift(row);
  }
  return rows;
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
