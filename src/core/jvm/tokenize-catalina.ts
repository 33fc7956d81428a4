import type { Token, Tokens } from './token.ts';
import { tokenizeShellWords } from './tokenize-shell-words.ts';

/**
 * Splits a variable that a start script evaluates a second time (`eval exec … "$JAVA_OPTS" "$CATALINA_OPTS"` in Tomcat's
 * catalina.sh): quotes, backslashes and `$` are live, and an unquoted operator ends the command at that place.
 */
export function tokenizeCatalina(text: string): Tokens {
  const { tokens, problem } = tokenizeShellWords(text);
  const operator = tokens.findIndex((token) => token.operator !== undefined);
  const words = operator < 0 ? tokens : tokens.slice(0, operator);
  const plain = words.map((word): Token => ({ text: word.text, start: word.start, end: word.end, ...(word.expands ? { expands: true } : {}) }));
  const worst = operator < 0 ? problem : 'shell-operator';
  return worst === undefined ? { tokens: plain } : { tokens: plain, problem: worst };
}
