import type { Finding } from '../finding.ts';
import type { ImageConfig } from '../image/image-facts.ts';
import { canonicalJson } from '../json.ts';
import type { Container } from '../workload/workload.ts';
import { effectiveCommand } from './effective-command.ts';
import { effectiveEnv, type ConfigMaps, type EffectiveEnv } from './effective-env.ts';
import { isHotSpot, javaMajor } from './java-version.ts';
import type { JvmOption } from './jvm-option.ts';
import { envOptions, optionLike, optionsOf, type LaunchState } from './launch-state.ts';
import { expandOptionFiles } from './option-files.ts';
import { firstNotAllowed } from './not-allowed.ts';
import { readLaunch } from './read-launch.ts';

export type { CarrierSource, JvmOption } from './jvm-option.ts';

const mostBytesBeforeJava9 = 1023;
const mostOptionsBeforeJava9 = 64;
/** Read by OpenJ9 itself, the older name first: where both are set, both count as read, since no agent may be missed. */
const openJ9Variables = ['IBM_JAVA_OPTIONS', 'OPENJ9_JAVA_OPTIONS'];

/** All JVM options of one container in the order the JVM sees them, or why they cannot be known. */
export interface EffectiveOptions {
  readonly options: readonly JvmOption[];
  /** A JVM is what this container starts, as far as image and pod tell. */
  readonly jvm: 'yes' | 'no' | 'unknown';
  /** What could not be read (Secret references, unresolved variables, malformed quoting). */
  readonly findings: readonly Finding[];
  /** Where the JVM starts, for relative paths in options. */
  readonly workingDir?: string;
  /** Start scripts of the image that were followed, by the paths they were named by. */
  readonly scripts?: readonly string[];
}

export interface OptionsInput {
  readonly container: Container;
  readonly image?: ImageConfig;
  /**
   * Text of a file as the container sees it, by absolute path (symlinks and mounted ConfigMaps are the caller's business).
   * Left out = nothing of the image can be read; undefined = not there, or not a text.
   */
  readonly imageText?: (path: string) => string | undefined;
  /** ConfigMaps that env and envFrom name. */
  readonly envFrom?: ConfigMaps;
}

/**
 * The JVM options of a container in the order the JVM sees them: JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, the command line with
 * what start scripts add to it, _JAVA_OPTIONS. Only carriers that are in use count; where a start script cannot be read,
 * the usual variables are assumed to be, with a finding.
 */
export function effectiveOptions(input: OptionsInput): EffectiveOptions {
  const env = effectiveEnv(input);
  const argv = effectiveCommand(input.container, input.image, env);
  const imageText = input.imageText ?? ((): undefined => undefined);
  const launch = readLaunch(argv, { env, imageText, workingDir: workingDirectory(input) });
  const findings = [...env.findings, ...launch.findings];
  const jvm = launch.jvm ? 'yes' : launch.otherProgram !== undefined && launch.unread === undefined ? 'no' : 'unknown';
  const { workingDir } = launch;
  const scripts = [...launch.filesRead];
  if (jvm === 'no') return { options: [], jvm, findings: distinct(findings), workingDir, scripts };
  const carriers = { env, findings };
  const files = { imageText, workingDir, findings };
  const major = javaMajor(env.values, input.imageText);
  const toolOptions = virtualMachineOptions(carriers, 'JAVA_TOOL_OPTIONS', major);
  const openJ9 = isHotSpot(env.values, input.imageText) ? [] : openJ9Variables.flatMap((name) => envOptions(carriers, name, 'tool-options'));
  const late = virtualMachineOptions(carriers, '_JAVA_OPTIONS', major);
  for (const [variable, read] of [
    ['JAVA_TOOL_OPTIONS', toolOptions],
    ['_JAVA_OPTIONS', late],
  ] as const) {
    const option = firstNotAllowed(read);
    if (option !== undefined) findings.push({ id: 'option-not-allowed', severity: 'block', params: { variable, option } });
  }
  const launcherOptions = javaLauncherOptions(carriers, major);
  const commandLine = distinct([...launch.options, ...assumedOptions(launch, findings)]);
  if (launch.tomcat && !input.imageText) findings.push({ id: 'start-script-unread', severity: 'info', params: { program: 'setenv.sh' } });
  const options = [toolOptions, openJ9, [...launcherOptions, ...commandLine], late].flatMap((part) => expandOptionFiles(part, files));
  return { options, jvm, findings: distinct(findings), workingDir, scripts };
}

function workingDirectory(input: OptionsInput): string {
  const own = input.container['workingDir'];
  return typeof own === 'string' && own !== '' ? own : input.image?.workingDir || '/';
}

/**
 * JAVA_TOOL_OPTIONS and _JAVA_OPTIONS are read by HotSpot itself. Up to Java 8 it has room for 1,024 bytes with the NUL at their end, and ignores a
 * longer value; of 64 options it takes notice, and drops the rest.
 */
function virtualMachineOptions(
  carriers: { readonly env: EffectiveEnv; readonly findings: Finding[] },
  name: string,
  major: number | undefined,
): readonly JvmOption[] {
  const text = carriers.env.variables.get(name)?.value.text;
  if (major === undefined || major > 8 || text === undefined) return envOptions(carriers, name, 'tool-options');
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > mostBytesBeforeJava9) {
    carriers.findings.push({ id: 'java-8-options-ignored', severity: 'warn', params: { variable: name, bytes, most: mostBytesBeforeJava9 } });
    return [];
  }
  const options = envOptions(carriers, name, 'tool-options');
  const dropped = options.length - mostOptionsBeforeJava9;
  if (dropped > 0)
    carriers.findings.push({ id: 'java-8-options-dropped', severity: 'warn', params: { variable: name, dropped, most: mostOptionsBeforeJava9 } });
  return options.slice(0, mostOptionsBeforeJava9);
}

/** JDK_JAVA_OPTIONS is read by the `java` launcher of JDK 9 and later. */
function javaLauncherOptions(carriers: { readonly env: EffectiveEnv; readonly findings: Finding[] }, major: number | undefined): readonly JvmOption[] {
  if (major === undefined || major >= 9) return envOptions(carriers, 'JDK_JAVA_OPTIONS', 'tool-options');
  if (carriers.env.values['JDK_JAVA_OPTIONS'] !== undefined)
    carriers.findings.push({ id: 'jdk-java-options-ignored', severity: 'info', params: { java: major } });
  return [];
}

/** With an unreadable start script: CATALINA_OPTS, JAVA_OPTS and every variable that carries an agent. */
function assumedOptions(launch: LaunchState, findings: Finding[]): readonly JvmOption[] {
  if (launch.unread === undefined || launch.jvm) return [];
  findings.push({ id: 'start-script-unread', severity: 'info', params: { program: launch.unread } });
  const names = ['JAVA_OPTS', 'CATALINA_OPTS'].filter((name) => launch.env.variables.has(name));
  const others = [...launch.env.variables].filter(
    ([name, variable]) =>
      !/^(?:JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|IBM_JAVA_OPTIONS|OPENJ9_JAVA_OPTIONS|JAVA_OPTS|CATALINA_OPTS)$/.test(name) &&
      /(?:^|\s)-javaagent:/.test(variable.value.text),
  );
  const assumed = [...names, ...others.map(([name]) => name)].filter((name) => !launch.used.has(name));
  if (assumed.length > 0) findings.push({ id: 'options-assumed', severity: 'info', params: { variables: assumed } });
  const tomcat = launch.tomcat || /catalina|tomcat/i.test(launch.unread) || launch.env.variables.has('CATALINA_HOME');
  // Paketo's launcher hands JAVA_OPTS on in JAVA_TOOL_OPTIONS.
  const paketo = launch.unread.startsWith('/cnb/');
  return assumed.flatMap((name) =>
    optionsOf(launch, name, paketo ? 'tool-options' : name === 'CATALINA_OPTS' || (tomcat && name === 'JAVA_OPTS') ? 'catalina' : 'plain').filter((option) =>
      optionLike.test(option.text),
    ),
  );
}

/** Options and findings are plain data: an equal one met on a second way through a script is the same. */
function distinct<T extends JvmOption | Finding>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [canonicalJson({ ...item }), item])).values()];
}
