import type { Tokens } from './token.ts';

/** One option a line, as Liberty's `jvm.options` and Jetty's `start.ini` have them: blanks around it do not count, nor do empty lines and `#` lines. */
export function tokenizeLines(text: string): Tokens {
  const tokens = [...text.matchAll(/^[ \t]*([^\s#](?:[^\r\n]*[^\s])?)[ \t]*\r?$/gm)].map((match) => {
    const start = match.index + match[0].indexOf(match[1] ?? '');
    return { text: match[1] ?? '', start, end: start + (match[1] ?? '').length };
  });
  return { tokens };
}
