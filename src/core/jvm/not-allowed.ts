import type { JvmOption } from './jvm-option.ts';

/** What only a command line may hold: the program, and options with their value as a word of its own. */
const forbidden =
  /^(?:-(?:jar|cp|classpath|version|showversion|help|\?)|--(?:add-(?:exports|opens|reads|modules)|module-path|class-path|upgrade-module-path|version|help))$/;

/**
 * The first option in JAVA_TOOL_OPTIONS or _JAVA_OPTIONS at which a JVM ends before it starts: `-jar`, `-cp x`, `-version`, an `@file`, a bare
 * word, or `--add-exports x` without `=`. What is not known yet is none.
 */
export function firstNotAllowed(options: readonly JvmOption[]): string | undefined {
  const bad = options.find(({ text, unresolved, expands }) => unresolved === undefined && !expands && (forbidden.test(text) || !text.startsWith('-')));
  // A bare word may be the rest of a value with a blank in it, and that value a credential.
  return bad && (/^[-@]/.test(bad.text) ? bad.text : 'a bare word');
}
