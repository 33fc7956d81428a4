/** Options of the `java` launcher that take the next argument as their value (`IsWhiteSpaceOption` in libjli). */
const takesValue = new Set([
  '-cp',
  '-classpath',
  '--class-path',
  '-p',
  '--module-path',
  '--upgrade-module-path',
  '--add-modules',
  '--limit-modules',
  '--add-exports',
  '--add-opens',
  '--add-reads',
  '--patch-module',
  '--enable-native-access',
  '-d',
  '--describe-module',
  '--source',
]);

/**
 * Where the program begins in the arguments of `java`: index of `-jar`, `-m` or the main class. What stands before are JVM
 * options, what follows belongs to the program. A word that begins with `$` is a list of options, as in `java $JAVA_OPTS …`.
 */
export function programIndex(args: readonly string[]): number {
  let at = 0;
  while (at < args.length) {
    const arg = args[at] ?? '';
    if (arg === '-jar' || arg === '-m' || arg === '--module') return at;
    if (takesValue.has(arg)) at += 2;
    else if (/^[-@$]/.test(arg) || arg === '') at += 1;
    else return at;
  }
  return args.length;
}

/** Which of the arguments before the program are options or option files, and not values of the option before them. */
export function optionIndexes(args: readonly string[]): readonly number[] {
  const indexes: number[] = [];
  const end = programIndex(args);
  for (let at = 0; at < end; at += takesValue.has(args[at] ?? '') ? 2 : 1) indexes.push(at);
  return indexes;
}

/** Whether the arguments only ask the JVM about itself, as start scripts do before the real start. */
export function isVersionQuery(args: readonly string[]): boolean {
  return args.slice(0, programIndex(args)).some((arg) => /^--?(?:full)?version$|^-(?:help|\?)$/.test(arg));
}
