import type { Token, Tokens } from './token.ts';

const space = /[ \t\n\r\f]/;
const escapes: { readonly [char: string]: string } = { n: '\n', r: '\r', t: '\t', f: '\f' };

/**
 * Splits the contents of a `java @file` (JDK 9+, `libjli/args.c`): white space separates, `#` comments to the end of the
 * line, a backslash escapes only inside quotes, where it also joins lines; an open quote ends with its line.
 */
export function tokenizeArgfile(text: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '#') at = endOfLine(text, at);
    else if (space.test(char)) at += 1;
    else {
      const token = readToken(text, at);
      // The launcher drops a word that runs into a comment.
      if (text.charAt(token.end) !== '#') tokens.push(token);
      at = token.end;
    }
  }
  return tokens.some((token) => token.text === '') ? { tokens, problem: 'empty-option' } : { tokens };
}

function readToken(text: string, start: number): Token {
  let value = '';
  let at = start;
  let quote = '';
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === '' ? char === '#' || space.test(char) : char === '\n' || char === '\r') break;
    if (quote !== '' && char === '\\') {
      at += 1;
      const next = text.charAt(at);
      if (next === '\n' || next === '\r') at = endOfGap(text, at) - 1;
      else value += escapes[next] ?? next;
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else value += char;
  }
  return { text: value, start, end: Math.min(at, text.length) };
}

function endOfLine(text: string, at: number): number {
  const rest = text.slice(at).search(/[\r\n]/);
  return rest < 0 ? text.length : at + rest;
}

function endOfGap(text: string, at: number): number {
  let end = at;
  while (end < text.length && space.test(text.charAt(end))) end += 1;
  return end;
}
