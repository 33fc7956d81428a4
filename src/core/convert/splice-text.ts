import type { Splice } from '../image/raw-json.ts';

/** The splices in the order of their places, insertions first; undefined where two of them overlap. */
export function sortSplices(splices: readonly Splice[]): readonly Splice[] | undefined {
  const sorted = splices.toSorted((a, b) => a.start - b.start || a.length - b.length);
  const overlap = sorted.some((splice, index) => {
    const before = sorted[index - 1];
    return before !== undefined && before.start + before.length > splice.start;
  });
  return overlap ? undefined : sorted;
}

/** Makes replacements that all refer to the text as it is (unlike `applySplices`). They must be sorted. */
export function spliceText(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, length, text: insert } of splices) {
    parts.push(text.slice(at, start), insert);
    at = start + length;
  }
  return [...parts, text.slice(at)].join('');
}
