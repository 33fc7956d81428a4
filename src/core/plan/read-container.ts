import type { AgentContext, DetectedAgent } from '../agents/agent.ts';
import { finalPath } from '../agents/agent-jar.ts';
import { detectAgents } from '../agents/agents.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { effectiveEnv, type ConfigMaps, type EffectiveEnv } from '../jvm/effective-env.ts';
import { effectiveOptions, type EffectiveOptions } from '../jvm/effective-options.ts';
import type { Container } from '../workload/workload.ts';

/** What a container effectively runs. */
export interface ContainerReading {
  readonly env: EffectiveEnv;
  readonly options: EffectiveOptions;
  readonly context: AgentContext;
  readonly detected: readonly DetectedAgent[];
}

export interface ContainerSources {
  readonly facts?: ImageFacts;
  readonly configMaps: ConfigMaps;
  /** Texts that take the place of the image's, by path. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** Reads environment, JVM options and agents of a container from pod, ConfigMaps and image. Pure. */
export function readContainer(container: Container, { facts, configMaps, texts }: ContainerSources): ContainerReading {
  const subject = { container, ...(facts ? { image: facts.config } : {}), envFrom: configMaps };
  const imageText = (path: string): string | undefined => texts?.get(path) ?? textOf(facts, path, texts);
  const env = effectiveEnv(subject);
  const options = effectiveOptions({ ...subject, ...(facts?.files ? { imageText } : {}) });
  const context: AgentContext = { options, env: env.values, ...(facts ? { image: facts } : {}) };
  return { env, options, context, detected: detectAgents(context) };
}

/** Text of a file of the image, as a process opens it: symlinks are followed to the end. */
export function textOf(facts: ImageFacts | undefined, path: string, texts?: ReadonlyMap<string, string>): string | undefined {
  const final = facts?.files && finalPath(facts.files, path);
  return final === undefined ? undefined : (texts?.get(final) ?? facts?.files?.text(final));
}
