import { baseName } from './absolute-path.ts';
import { programIndex } from './java-arguments.ts';
import type { JvmOption } from './jvm-option.ts';
import { envOptions, isSet, mostWords, optionLike, optionsOf, resolveWord, variableName, type LaunchState } from './launch-state.ts';
import { optionAt, type Origin, type ResolvedText } from './option-origin.ts';
import { parameterFallback, type ParameterFallback } from './parameter-fallback.ts';
import { fallbackTokens, innerTokens, readAssignment, type ScriptToken } from './script-tokens.ts';
import type { OptionSyntax, Token } from './token.ts';
import type { ShellToken } from './tokenize-shell-words.ts';

/** A word of a command line, from a pod field or from a script. */
export interface Word {
  readonly token: Token & { readonly quoted?: true };
  readonly origin: Origin;
}

/** Remembers the variables that words mention: a script may hand them to the JVM in ways we do not follow. */
export function mentionVariables(state: LaunchState, words: readonly Word[]): void {
  for (const { token } of words) if (token.expands) for (const match of token.text.matchAll(/\$\{?([A-Za-z_]\w*)/g)) state.mentioned.add(match[1] ?? '');
}

/**
 * Remembers what a script assigns: the options in the value, with the variables it splices in, and the value itself. What
 * may not run adds to what is known, and leaves a different single value unknown.
 */
export function assignVariable(state: LaunchState, { token, origin }: Word, how: { readonly evaluated: boolean; readonly conditional: boolean }): void {
  const word = token as ShellToken;
  const assignment = readAssignment(word);
  if (!assignment) return;
  const { name, appends, valueAt } = assignment;
  const syntax = how.evaluated ? 'catalina' : 'plain';
  const before =
    appends || how.conditional ? (state.assigned.get(name) ?? envOptions(state, name, syntax).filter((option) => optionLike.test(option.text))) : [];
  const options = optionsIn(state, { parts: innerTokens(word, valueAt), origin, syntax });
  setScalar(state, name, {
    value: resolveWord(state, { text: word.text.slice(valueAt), ...(word.expands ? { expands: true } : {}) }),
    conditional: how.conditional,
  });
  if (options.length === 0 && before.length === 0 && !state.env.variables.has(name)) return;
  state.used.delete(name);
  state.mentioned.add(name);
  state.assigned.set(name, [...before, ...options].slice(0, mostWords));
}

/**
 * The options of a word that is one `${NAME:-word}` or the like; undefined for any other word. The word counts where the
 * variable is known to need it.
 */
export function wordWithFallback(state: LaunchState, { token, origin }: Word, syntax: OptionSyntax): readonly JvmOption[] | undefined {
  const fallback = token.expands && 'starts' in token ? parameterFallback(token as ShellToken) : undefined;
  return fallback && fallbackOptions(state, { fallback, quoted: token.quoted === true, origin, syntax });
}

/** `: ${NAME:=word}` gives the variable a value where it has none (POSIX shell, XCU 2.6.2). */
export function assignDefault(state: LaunchState, { token, origin }: Word, evaluated: boolean): void {
  const fallback = token.expands && 'starts' in token ? parameterFallback(token as ShellToken) : undefined;
  if (!fallback || !/^\$\{\w+:?=/.test(token.text) || isSet(state, fallback.name, fallback.emptyIsUnset)) return;
  const { name, word } = fallback;
  const options = optionsIn(state, { parts: fallbackTokens(fallback, false), origin, syntax: evaluated ? 'catalina' : 'plain' });
  setScalar(state, name, { value: resolveWord(state, { text: word.text, expands: true }), conditional: false });
  state.mentioned.add(name);
  state.assigned.set(name, options);
}

interface FallbackOptions {
  readonly fallback: ParameterFallback;
  readonly quoted: boolean;
  readonly origin: Origin;
  readonly syntax: OptionSyntax;
}

function fallbackOptions(state: LaunchState, { fallback, quoted, origin, syntax }: FallbackOptions): readonly JvmOption[] {
  const { name, whenSet, emptyIsUnset } = fallback;
  const set = isSet(state, name, emptyIsUnset);
  if (set && !whenSet) return optionsOf(state, name, quoted ? 'literal' : syntax);
  state.used.add(name);
  return set || !whenSet ? optionsIn(state, { parts: fallbackTokens(fallback, quoted), origin, syntax }) : [];
}

/** The options in a value; one that is a whole `java` command ends where its program begins. */
function optionsIn(
  state: LaunchState,
  value: { readonly parts: readonly ScriptToken[]; readonly origin: Origin; readonly syntax: OptionSyntax },
): readonly JvmOption[] {
  const { parts, origin, syntax } = value;
  const isJava = parts.length > 1 && baseName(resolveWord(state, parts[0] ?? { text: '' }).text) === 'java';
  const args = isJava ? parts.slice(1, 1 + programIndex(parts.slice(1).map((part) => part.text))) : parts;
  state.jvm ||= isJava;
  return args.flatMap((part) => {
    if (part.fallback)
      return fallbackOptions(state, { fallback: part.fallback, quoted: false, origin, syntax }).filter((option) => optionLike.test(option.text));
    const other = part.expands ? variableName(part.text) : undefined;
    if (other !== undefined) return optionsOf(state, other, syntax).filter((option) => optionLike.test(option.text));
    const resolved = resolveWord(state, part);
    return optionLike.test(resolved.text) ? [optionAt(origin, part, resolved)] : [];
  });
}

function setScalar(state: LaunchState, name: string, { value, conditional }: { readonly value: ResolvedText; readonly conditional: boolean }): void {
  const known = state.scalars.has(name) || state.env.variables.has(name);
  state.scalars.set(name, value.complete && !(conditional && known) ? value : undefined);
}
