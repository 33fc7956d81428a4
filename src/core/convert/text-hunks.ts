/** A part of a text, [start, end) in UTF-16 units, that becomes another. */
export interface TextHunk {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Above this many pairs of words the middle of two texts counts as one change. */
const MAX_PAIRS = 4_000_000;

/** The parts of `before` that differ from `after`: word by word, each cut down to what differs. */
export function textHunks(before: string, after: string): readonly TextHunk[] {
  const [a, b] = [words(before), words(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const offset = a.slice(0, head).join('').length;
  return middleHunks(a.slice(head, a.length - tail), b.slice(head, b.length - tail), offset).map((hunk) => trim(before, hunk));
}

function words(text: string): readonly string[] {
  return text.match(/\s|["'=;]|[^\s"'=;]+/g) ?? [];
}

function middleHunks(a: readonly string[], b: readonly string[], offset: number): readonly TextHunk[] {
  if (a.length === 0 && b.length === 0) return [];
  const whole = { start: offset, end: offset + a.join('').length, text: b.join('') };
  if (a.length === 0 || b.length === 0 || a.length * b.length > MAX_PAIRS) return [whole];
  const lengths = commonLengths(a, b);
  const hunks: TextHunk[] = [];
  let [i, j, at] = [0, 0, offset];
  while (i < a.length || j < b.length) {
    const start = at;
    let text = '';
    while ((i < a.length || j < b.length) && (a[i] === undefined || a[i] !== b[j])) {
      if (i < a.length && (j >= b.length || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))) at += a[i++]?.length ?? 0;
      else text += b[j++] ?? '';
    }
    if (at > start || text !== '') hunks.push({ start, end: at, text });
    if (i < a.length) at += a[i]?.length ?? 0;
    i += 1;
    j += 1;
  }
  return hunks;
}

/** `lengths[i][j]` = length of the longest common sequence of `a` from i on and `b` from j on. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const [row, below] = [rows[i], rows[i + 1]];
    if (!row || !below) continue;
    for (let j = b.length - 1; j >= 0; j -= 1) row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return rows;
}

function trim(before: string, { start, end, text }: TextHunk): TextHunk {
  const old = before.slice(start, end);
  let head = 0;
  while (head < old.length && head < text.length && old[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < text.length - head && old.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
  return { start: start + head, end: end - tail, text: text.slice(head, text.length - tail) };
}
