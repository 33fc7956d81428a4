import type { ImageFacts, ImageFiles } from '../image/image-facts.ts';
import { absolutePath } from '../jvm/absolute-path.ts';
import type { EffectiveOptions, JvmOption } from '../jvm/effective-options.ts';
import type { DetectedAgent } from './agent.ts';
import { agentFromPremainClass, type PremainAgent } from './premain-classes.ts';

const FLAG = '-javaagent:';
const MAX_LINKS = 10;

/** A jar that a `-javaagent:` option names. */
export interface AgentJar {
  readonly option: JvmOption;
  readonly jarPath: string;
  readonly writtenPath?: string;
  /** Where the path leads in the image, after symlinks; the path itself where the image cannot tell. */
  readonly realPath: string;
  readonly args?: string;
  /** What the jar's own manifest says that it is, where the image has it and anybody knows the class: its name says nothing then. */
  readonly premain?: PremainAgent;
  /** Set in images of ours, where the old agent's path leads to the new agent. */
  readonly ours?: { readonly agent: string; readonly version: string };
}

/** The jars of all `-javaagent:` options, in the JVM's order. */
export function agentJars(options: EffectiveOptions, image?: ImageFacts): readonly AgentJar[] {
  return options.options.filter((option) => option.text.startsWith(FLAG)).map((option) => agentJar(option, options.workingDir ?? '/', image));
}

/** The jar as a detected agent. */
export function detectedAgent(agent: DetectedAgent['agent'], jar: AgentJar, version: string | undefined = versionOf(jar)): DetectedAgent {
  const { option, jarPath, writtenPath, args } = jar;
  return {
    agent,
    option,
    jarPath,
    ...(writtenPath === undefined ? {} : { writtenPath }),
    ...(args === undefined ? {} : { args }),
    ...(version === undefined ? {} : { version }),
    ...(agent === 'unknown' && jar.premain?.kind === 'tracer' ? { product: jar.premain.name } : {}),
  };
}

/** The entry a path leads to when its symlinks are followed to the end; undefined where the image has none. */
export function finalPath(files: ImageFiles, path: string): string | undefined {
  let at = path;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const physical = files.physicalPath(at);
    const entry = physical === undefined ? undefined : files.entry(physical);
    if (physical === undefined || entry === undefined) return undefined;
    if (entry.type !== 'symlink') return physical;
    const target = entry.link ?? '';
    at = target.startsWith('/') ? target : `${physical.slice(0, physical.lastIndexOf('/'))}/${target}`;
  }
  return undefined;
}

function agentJar(option: JvmOption, workingDir: string, image: ImageFacts | undefined): AgentJar {
  const rest = option.text.slice(FLAG.length);
  const equals = rest.indexOf('=');
  const written = equals < 0 ? rest : rest.slice(0, equals);
  // A path that a shell still has to complete stays as written.
  const isRelative = !written.startsWith('/') && !written.startsWith('$');
  const jarPath = isRelative ? absolutePath(written, workingDir) : written;
  const realPath = (image?.files && finalPath(image.files, jarPath)) ?? jarPath;
  const premainClass = image?.files?.premainClass(realPath);
  const premain = premainClass === undefined ? undefined : agentFromPremainClass(premainClass);
  const isOurs = image?.ours !== undefined && (image.files === undefined || realPath !== jarPath);
  return {
    option,
    jarPath,
    ...(isRelative ? { writtenPath: written } : {}),
    realPath,
    ...(equals < 0 ? {} : { args: rest.slice(equals + 1) }),
    ...(premain ? { premain } : {}),
    ...(isOurs && image.ours ? { ours: { agent: image.ours.agent, version: image.ours.version } } : {}),
  };
}

function versionOf(jar: AgentJar): string | undefined {
  return jar.ours?.version ?? /-(\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?)\.jar$/.exec(jar.realPath)?.[1];
}
