import type { Tokens } from './token.ts';

/** Splits a value as a shell splits an unquoted `$NAME`: at blanks, tabs and newlines; quotes and backslashes stay literal. */
export function tokenizePlain(text: string): Tokens {
  const tokens = [...text.matchAll(/[^ \t\n]+/g)].map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }));
  return { tokens };
}
