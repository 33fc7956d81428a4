const sizes: { readonly [flag: string]: string } = { MaxHeapSize: '-Xmx', InitialHeapSize: '-Xms', ThreadStackSize: '-Xss', NewSize: '-Xmn' };
const collector = /^-XX:\+Use(?:G1|Serial|Parallel|ParallelOld|ConcMarkSweep|ParNew|Z|Shenandoah|Epsilon)GC$/;
const COLLECTOR = 'garbage collector';

/**
 * What a JVM option sets, so that two options with a name in common take each other's place: `-Xmx`, `-Xms`, `-Xss`, `-Xmn` (also as the `-XX` flag that
 * means the same), `-XX:Flag`, `-Dkey`. Switching a garbage collector on also names the choice of one. Anything else is named by its whole text, as
 * `--add-opens=…`, `-Xlog:…` and agents add up.
 */
export function optionNames(option: string): readonly string[] {
  const name = ownName(option);
  return collector.test(option) ? [name, COLLECTOR] : [name];
}

/** Whether an option is the one a policy means: a bare name (`-Xmx`, `-XX:Flag`, `-Dkey`) means every value, a whole option itself alone. */
export function meansOption(wanted: string, option: string): boolean {
  return wanted === option || (isBareName(wanted) && ownName(wanted) === ownName(option));
}

/** Why a text is no option that a policy may set; undefined when it is one. */
export function optionProblem(option: string): string | undefined {
  if (/^-(?:javaagent|agentlib|agentpath|XX:(?:Flags|VMOptionsFile)=)/.test(option)) return 'must be no agent and no file of options';
  if (/^(?:-jar|-cp|-classpath|--?class-path|-version|--version|--add-(?:opens|exports|modules|reads))$/.test(option))
    return 'must be one option, with = before its value';
  if (isBareName(option) && !option.startsWith('-D')) return 'must have a value';
  return /^(?:-D[^=\s]+|-X[a-z]|-XX:|--[a-z][\w-]*=|-(?:ea|da|server|verbose:\w+)\b)/.test(option) && !/[\0\r\n]/.test(option)
    ? undefined
    : 'must be a JVM option such as -Xmx1g, -XX:+UseG1GC, -Dkey=value or --add-opens=java.base/java.lang=ALL-UNNAMED';
}

function isBareName(text: string): boolean {
  return /^(?:-X(?:mx|ms|ss|mn)|-XX:\w+|-D[^=]+)$/.test(text);
}

function ownName(option: string): string {
  const size = /^-X(?:mx|ms|ss|mn)/.exec(option)?.[0];
  if (size !== undefined) return size;
  const flag = /^-XX:[+-]?(\w+)/.exec(option)?.[1];
  if (flag !== undefined) return sizes[flag] ?? `-XX:${flag}`;
  return /^-D[^=]+/.exec(option)?.[0] ?? option;
}
