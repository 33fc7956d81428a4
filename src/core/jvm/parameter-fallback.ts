import type { MappedText } from './token.ts';
import { endOfExpansion } from './tokenize-shell-words.ts';

/** A word that is one `${NAME:-word}`, `${NAME-word}`, `${NAME:+word}` or the like, and nothing else. */
export interface ParameterFallback {
  readonly name: string;
  /** The word counts where the variable has a value (`+`), and not where it has none (`-`, `=`). */
  readonly whenSet: boolean;
  /** An empty value is as none (`:`). */
  readonly emptyIsUnset: boolean;
  /** The word, with its places in the raw text. */
  readonly word: MappedText;
}

/** Reads such a word (POSIX shell, XCU 2.6.2); undefined when it is something else. */
export function parameterFallback(word: MappedText): ParameterFallback | undefined {
  const match = /^\$\{([A-Za-z_]\w*)(:?)([-=+])/.exec(word.text);
  if (!match || endOfExpansion(word.text, 0) !== word.text.length) return undefined;
  const [from, to] = [match[0].length, word.text.length - 1];
  return {
    name: match[1] ?? '',
    emptyIsUnset: match[2] === ':',
    whenSet: match[3] === '+',
    word: { text: word.text.slice(from, to), starts: word.starts.slice(from, to), ends: word.ends.slice(from, to) },
  };
}
