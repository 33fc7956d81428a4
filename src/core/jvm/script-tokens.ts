import type { Token, Tokens } from './token.ts';
import { tokenizePlain } from './tokenize-plain.ts';
import { tokenizeShellWords, type ShellToken } from './tokenize-shell-words.ts';

/** A token of a script: a word of a command, or a part of a quoted string such as the value in `JAVA_OPTS="-Xmx1g -Da=b"`. */
export interface ScriptToken extends Token {
  readonly inQuotes?: true;
}

const assignment = /^([A-Za-z_]\w*)(\+?)=/;

/** The name a word assigns and where its value begins; undefined when it is no assignment. */
export function readAssignment(word: ShellToken): { readonly name: string; readonly appends: boolean; readonly valueAt: number } | undefined {
  const match = assignment.exec(word.text);
  return match ? { name: match[1] ?? '', appends: match[2] === '+', valueAt: match[0].length } : undefined;
}

/**
 * Every token of a shell script that could be a JVM option: the words of its commands, and the parts of assigned values and
 * of quoted strings that are commands themselves (`eval "…"`, `sh -c "…"`).
 */
export function scriptTokens(text: string): Tokens & { readonly tokens: readonly ScriptToken[] } {
  const { tokens, problem } = tokenizeShellWords(text);
  const all = tokens.filter((token) => token.operator === undefined).flatMap(wordTokens);
  return problem === undefined ? { tokens: all } : { tokens: all, problem };
}

/** The parts of a word's value from `valueAt` on, with their raw places; quotes inside it group, as they do when it is evaluated. */
export function innerTokens(word: ShellToken, valueAt: number): readonly ScriptToken[] {
  const value = word.text.slice(valueAt);
  const parsed = tokenizeShellWords(value);
  const parts: readonly ShellToken[] | readonly Token[] = parsed.problem
    ? tokenizePlain(value).tokens
    : parsed.tokens.filter((part) => part.operator === undefined);
  return parts.map((part) => ({
    text: part.text,
    start: word.starts[valueAt + part.start] ?? word.end,
    end: word.ends[valueAt + part.end - 1] ?? word.end,
    ...(part.expands || (parsed.problem && word.expands && part.text.includes('$')) ? { expands: true as const } : {}),
    ...(word.quoted ? { inQuotes: true as const } : {}),
  }));
}

function wordTokens(word: ShellToken): readonly ScriptToken[] {
  const assigned = readAssignment(word);
  if (assigned) return innerTokens(word, assigned.valueAt);
  if (!word.text.startsWith('-') && /\s/.test(word.text)) return innerTokens(word, 0);
  return [{ text: word.text, start: word.start, end: word.end, ...(word.expands ? { expands: true } : {}) }];
}
