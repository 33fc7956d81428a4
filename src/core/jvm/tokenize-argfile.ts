import type { Token, Tokens } from './token.ts';

const space = /[ \t\n\r\f]/;
const newline = /[\r\n]/;
const escapes: { readonly [char: string]: string } = { n: '\n', r: '\r', t: '\t', f: '\f' };

/** A word as far as it is read. */
interface Reading {
  /** What quotes and escapes brought: a comment does not end the word, it goes on behind it. */
  fixed: string;
  /** What stands after that: a comment drops it, and alone at the end of the file it must not be empty. */
  loose: string;
  readonly start: number;
  at: number;
}

/**
 * Splits the contents of a `java @file` (JDK 9+, `libjli/args.c`): white space separates, `#` comments to the end of the
 * line, a backslash escapes only inside quotes, where it also joins lines; an open quote ends with its line. A comment
 * directly behind a word drops what of it was not quoted and glues the rest to the word after the comment.
 */
export function tokenizeArgfile(text: string): Tokens {
  const tokens: Token[] = [];
  for (let at = endOfGap(text, 0); at < text.length;) {
    const word: Reading = { fixed: '', loose: '', start: at, at };
    if (readWord(text, word)) tokens.push({ text: word.fixed + word.loose, start: word.start, end: Math.min(word.at, text.length) });
    at = endOfGap(text, word.at);
  }
  return tokens.some((token) => token.text === '') ? { tokens, problem: 'empty-option' } : { tokens };
}

/** False when the end of the file keeps it from being a word. */
function readWord(text: string, word: Reading): boolean {
  for (; word.at < text.length; word.at += 1) {
    const char = text.charAt(word.at);
    if (space.test(char)) return true;
    if (char === '#') {
      const next = endOfGap(text, endOfLine(text, word.at));
      if (word.fixed === '' || next >= text.length) return leave(word, next);
      word.loose = '';
      word.at = next - 1;
    } else if (char !== '"' && char !== "'") word.loose += char;
    else if (!readQuoted(text, word, char)) return leave(word, text.length);
    else if (newline.test(text.charAt(word.at))) return true;
  }
  return word.fixed + word.loose !== '';
}

/** Leaves the place at the closing quote, at the newline that ends the word, or at the end of the file; false when that comes inside an escape. */
function readQuoted(text: string, word: Reading, quote: string): boolean {
  word.fixed += word.loose;
  word.loose = '';
  for (word.at += 1; word.at < text.length; word.at += 1) {
    const char = text.charAt(word.at);
    if (char === quote || newline.test(char)) return true;
    if (char !== '\\') word.fixed += char;
    else {
      word.at += 1;
      const next = text.charAt(word.at);
      if (newline.test(next)) word.at = endOfGap(text, word.at) - 1;
      else word.fixed += escapes[next] ?? next;
      if (next === '' || (newline.test(next) && word.at + 1 >= text.length)) return false;
    }
  }
  return true;
}

function leave(word: Reading, at: number): false {
  word.at = at;
  return false;
}

function endOfLine(text: string, at: number): number {
  const rest = text.slice(at).search(newline);
  return rest < 0 ? text.length : at + rest;
}

function endOfGap(text: string, at: number): number {
  let end = at;
  while (end < text.length && space.test(text.charAt(end))) end += 1;
  return end;
}
