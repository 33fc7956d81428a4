/**
 * How a text is split into options and how a value must be quoted in it:
 * - `tool-options`: JAVA_TOOL_OPTIONS, _JAVA_OPTIONS, JDK_JAVA_OPTIONS (HotSpot `arguments.cpp`, `libjli/args.c`)
 * - `catalina`: evaluated by a shell once more (`eval`), as Tomcat does with JAVA_OPTS and CATALINA_OPTS
 * - `plain`: an unquoted `$JAVA_OPTS` in a shell: split at white space, quotes stay literal
 * - `lines`: one option a line (Liberty, Jetty)
 * - `argfile`: `java @file`
 * - `script`: a whole shell script, or the string of `sh -c`
 * - `literal`: the whole text is one option (an element of `command`, `args`, ENTRYPOINT, CMD; a quoted `"$JAVA_OPTS"`)
 */
export type OptionSyntax = 'tool-options' | 'catalina' | 'plain' | 'argfile' | 'lines' | 'script' | 'literal';

/** One token of a carrier. `start` and `end` are UTF-16 offsets of its raw bytes, quotes included. */
export interface Token {
  /** The value after unquoting; shell expansions stay as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The text holds a shell expansion, so its value is not known here. */
  readonly expands?: true;
}

/**
 * Why a carrier cannot be trusted: an `unmatched-quote` or `empty-option` keeps a JVM from starting, a `shell-operator`
 * ends the command at that place.
 */
export type TokenProblem = 'unmatched-quote' | 'empty-option' | 'shell-operator';

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly problem?: TokenProblem;
}

/** A derived text with the raw range every character came from, so that places in it can be found in the raw text. */
export interface MappedText {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** The smallest raw range that covers `[start, end)` of a mapped text; an empty range maps to an empty one. */
export function rawRange(mapped: MappedText, start: number, end: number): { readonly start: number; readonly end: number } {
  const first = mapped.starts[start];
  const last = end > start ? mapped.ends[end - 1] : first;
  const tail = mapped.ends.at(-1) ?? 0;
  return { start: first ?? tail, end: last ?? tail };
}

/** Places of texts that were not changed, by their length: a fleet has a hundred thousand variables of a few hundred lengths. */
const identities = new Map<number, Pick<MappedText, 'starts' | 'ends'>>();
/** Longer ones are rare, and not kept; characters. */
const longestKept = 512;

/** A text that was not changed: every character maps to itself. */
export function unmapped(text: string): MappedText {
  const places = identities.get(text.length) ?? identity(text.length);
  if (text.length <= longestKept) identities.set(text.length, places);
  return { text, ...places };
}

function identity(length: number): Pick<MappedText, 'starts' | 'ends'> {
  const starts = Array.from({ length }, (_, index) => index);
  return { starts, ends: starts.map((index) => index + 1) };
}
