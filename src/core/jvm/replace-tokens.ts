/** A token's raw range and what comes in its place; `null` removes it with the white space that belonged to it. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string | null;
  /** What separates tokens around it: white space (default), blanks and line continuations of a shell command, or both inside a quoted string. */
  readonly gap?: 'space' | 'shell' | 'quoted';
}

const before = { space: /[ \t\n\v\f\r]+$/, shell: /(?:[ \t\r]|\\\r?\n)+$/, quoted: /(?:[ \t\n\r]|\\\r?\n)+$/ };
const after = { space: /^[ \t\n\v\f\r]+/, shell: /^(?:[ \t\r]|\\\r?\n)+/, quoted: /^(?:[ \t\n\r]|\\\r?\n)+/ };

/**
 * Replaces tokens (ranges must not overlap). Every byte outside them stays, but a removed token takes one of its two gaps
 * along: the one before it, or the one after it where it stands first or begins a line that goes on.
 */
export function replaceTokens(text: string, replacements: readonly Replacement[]): string {
  return [...replacements].sort((a, b) => b.start - a.start).reduce(replaceOne, text);
}

function replaceOne(text: string, { start, end, text: value, gap = 'space' }: Replacement): string {
  const head = text.slice(0, start);
  const tail = text.slice(end);
  if (value !== null) return head + value + tail;
  const leading = before[gap].exec(head)?.[0] ?? '';
  const trailing = after[gap].exec(tail)?.[0] ?? '';
  const goesOn = trailing.length < tail.length && !trailing.includes('\n');
  const takeTrailing = leading.length === 0 || leading.length === head.length || (leading.includes('\n') && goesOn);
  return takeTrailing ? head + tail.slice(trailing.length) : head.slice(0, head.length - leading.length) + tail;
}
