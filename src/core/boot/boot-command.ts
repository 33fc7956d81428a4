import type { ImageFacts } from '../image/image-facts.ts';
import type { LayerChange } from '../image/path-layer.ts';
import { baseName } from '../jvm/absolute-path.ts';
import { effectiveCommand } from '../jvm/effective-command.ts';
import type { ConfigMaps } from '../jvm/effective-env.ts';
import type { JvmOption } from '../jvm/jvm-option.ts';
import { readContainer } from '../plan/read-container.ts';
import type { Container } from '../workload/workload.ts';

export interface BootSubject {
  /** As it will be: with the new image and our edits. */
  readonly container: Container;
  /** Of the image it is made from. */
  readonly facts: ImageFacts;
  /** What is new in the image. */
  readonly image: {
    readonly env: { readonly [name: string]: string };
    readonly entrypoint?: readonly string[];
    readonly cmd?: readonly string[];
    readonly changes: readonly LayerChange[];
  };
  readonly configMaps: ConfigMaps;
}

/** `java <effective options> -version`, or why it cannot be known (a stable id). */
export type BootCommand = { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] } | { readonly kind: 'unknown'; readonly because: string };

/** Read by the JVM itself from the variables, which the probe has as well. */
const readByJvm = new Set<string>(['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS']);
/** Files that the running application writes, a debugger that waits, and options whose value is another word (left out by `effectiveOptions`). */
const leftOut = /^-(?:Xloggc:|Xlog(?::|$)|XX:(?:LogFile|StartFlightRecording|FlightRecorderOptions)|agentlib:jdwp|Xrunjdwp|-[a-z-]+$|cp$|classpath$|p$|d$)/;

/**
 * The command of a boot probe: the JVM with every option of the real start and `-version` in place of the program. The agent is
 * loaded, the application is not. Pure.
 */
export function bootCommand(subject: BootSubject): BootCommand {
  const { container, configMaps } = subject;
  const facts = withChanges(subject);
  const texts = new Map(subject.image.changes.flatMap((each) => (each.kind === 'file' ? [[each.path, new TextDecoder().decode(each.bytes)] as const] : [])));
  const { options, env } = readContainer(container, { facts, configMaps, texts });
  if (options.jvm !== 'yes') return { kind: 'unknown', because: 'start-not-read' };
  const argv = effectiveCommand(container, facts.config, env).map((each) => each.text);
  const java = argv.find((word) => baseName(word) === 'java') ?? (env.values['JAVA_HOME'] ? `${env.values['JAVA_HOME']}/bin/java` : 'java');
  return { kind: 'command', argv: [java, ...options.options.filter(isPassed).map((option) => literal(option.text)), '-version'] };
}

/** The kubelet takes `$(NAME)` in a command for a variable. */
function literal(text: string): string {
  return text.replaceAll('$(', () => '$$(');
}

/** Options whose value is not known here are the application's own business: they are left to the real start. */
function isPassed({ carrier, text, expands, unresolved }: JvmOption): boolean {
  return text.startsWith('-') && !readByJvm.has(carrier) && !expands && unresolved === undefined && !leftOut.test(text);
}

function withChanges({ facts, image }: BootSubject): ImageFacts {
  const { config } = facts;
  const env = [...new Map([...config.env, ...Object.entries(image.env)])];
  return { ...facts, config: { ...config, env, ...(image.entrypoint ? { entrypoint: image.entrypoint } : {}), ...(image.cmd ? { cmd: image.cmd } : {}) } };
}
