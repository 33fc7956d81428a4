import { parameterFallback, type ParameterFallback } from './parameter-fallback.ts';
import type { MappedText, Token, Tokens } from './token.ts';
import { tokenizePlain } from './tokenize-plain.ts';
import { tokenizeShellWords, type ShellToken } from './tokenize-shell-words.ts';

/** A token of a script: a word of a command, or a part of a quoted string such as the value in `JAVA_OPTS="-Xmx1g -Da=b"`. */
export interface ScriptToken extends Token {
  readonly inQuotes?: true;
  /** Set where the token is one `${NAME:-word}` or the like. */
  readonly fallback?: ParameterFallback;
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
  const parts: readonly (Token & Partial<MappedText>)[] = parsed.problem
    ? tokenizePlain(value).tokens
    : parsed.tokens.filter((part) => part.operator === undefined);
  return parts.map((part) => {
    const { starts, ends } = part;
    const fallback = starts && ends && parameterFallback(within(word, valueAt, { text: part.text, starts, ends }));
    return {
      text: part.text,
      start: word.starts[valueAt + part.start] ?? word.end,
      end: word.ends[valueAt + part.end - 1] ?? word.end,
      ...(part.expands || (parsed.problem && word.expands && part.text.includes('$')) ? { expands: true as const } : {}),
      ...(word.quoted ? { inQuotes: true as const } : {}),
      ...(fallback ? { fallback } : {}),
    };
  });
}

/** The words that `${NAME:-words}` stands for where the fallback counts. */
export function fallbackTokens({ word }: ParameterFallback, quoted: boolean): readonly ScriptToken[] {
  const [start, end] = [word.starts[0] ?? 0, word.ends.at(-1) ?? 0];
  return innerTokens({ ...word, start, end, expands: true, ...(quoted ? { quoted: true } : {}) }, 0);
}

function within(word: ShellToken, valueAt: number, part: MappedText): MappedText {
  return {
    text: part.text,
    starts: part.starts.map((at) => word.starts[valueAt + at] ?? word.end),
    ends: part.ends.map((at) => word.ends[valueAt + at - 1] ?? word.end),
  };
}

function wordTokens(word: ShellToken): readonly ScriptToken[] {
  const assigned = readAssignment(word);
  if (assigned) return innerTokens(word, assigned.valueAt).flatMap(withFallback);
  const fallback = word.expands ? parameterFallback(word) : undefined;
  if (fallback) return fallbackTokens(fallback, word.quoted === true).flatMap(withFallback);
  if (!word.text.startsWith('-') && /\s/.test(word.text)) return innerTokens(word, 0).flatMap(withFallback);
  return [{ text: word.text, start: word.start, end: word.end, ...(word.expands ? { expands: true } : {}) }];
}

function withFallback(token: ScriptToken): readonly ScriptToken[] {
  return token.fallback ? fallbackTokens(token.fallback, token.inQuotes === true).flatMap(withFallback) : [token];
}
