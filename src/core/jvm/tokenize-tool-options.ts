import type { Token, Tokens } from './token.ts';

/** C's isspace in the C locale. */
const space = /[ \t\n\v\f\r]/;

/**
 * Splits JAVA_TOOL_OPTIONS, _JAVA_OPTIONS and JDK_JAVA_OPTIONS as HotSpot and the launcher do (`Arguments::parse_options_buffer`,
 * `JLI_AddArgsFromEnvVar`): white space separates, `'` and `"` quote anywhere in a token, nothing escapes.
 * A problem is one that stops the JVM: the tokens before it are still returned.
 */
export function tokenizeToolOptions(text: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (space.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const token = readToken(text, at);
    if (!token) return { tokens, problem: 'unmatched-quote' };
    tokens.push(token);
    at = token.end;
  }
  return tokens.some((token) => token.text === '') ? { tokens, problem: 'empty-option' } : { tokens };
}

function readToken(text: string, start: number): Token | undefined {
  let value = '';
  let at = start;
  while (at < text.length && !space.test(text.charAt(at))) {
    const char = text.charAt(at);
    if (char !== '"' && char !== "'") {
      value += char;
      at += 1;
      continue;
    }
    const close = text.indexOf(char, at + 1);
    if (close < 0) return undefined;
    value += text.slice(at + 1, close);
    at = close + 1;
  }
  return { text: value, start, end: at };
}
