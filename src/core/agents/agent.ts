import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { EffectiveOptions, JvmOption } from '../jvm/effective-options.ts';

export type AgentId = 'skywalking' | 'opentelemetry';

/** One agent found in a container's effective JVM options. */
export interface DetectedAgent {
  readonly agent: AgentId | 'unknown';
  /** The `-javaagent:` token it was found in, with its carrier and place. */
  readonly option: JvmOption;
  /** Absolute path of the jar as the option names it. */
  readonly jarPath: string;
  /** Text after `=` in the option; undefined when there is none. */
  readonly args?: string;
  /** Where the image proves it (file name of a versioned jar, label, release file); undefined = not known. */
  readonly version?: string;
}

/** Settings of an agent read from all its sources, in their real precedence. */
export interface AgentSettings {
  readonly serviceName?: string;
  readonly namespace?: string;
  readonly instanceName?: string;
  readonly backend?: string;
  /** Everything that was found, key -> value and the source that won. Credential-like values are not in it. */
  readonly values: { readonly [key: string]: { readonly value: string; readonly source: string } };
  readonly findings: readonly Finding[];
}

export interface AgentContext {
  readonly options: EffectiveOptions;
  /** Effective container env: pod env, envFrom and image ENV merged, `$(VAR)` expanded; secrets absent. */
  readonly env: { readonly [name: string]: string };
  readonly image?: ImageFacts;
}

/** Which agents a log's first lines show. */
export type LogProof = { readonly agent: AgentId; readonly version?: string; readonly line: string };

/** What one agent folder offers. A new agent is a new folder and one line in `agents.ts`. */
export interface Agent {
  readonly id: AgentId;
  /** Whether this `-javaagent:` option is this agent, judged by path, jar name and image contents. */
  recognise(jarPath: string, context: AgentContext): boolean;
  readSettings(detected: DetectedAgent, context: AgentContext): AgentSettings;
  /** The first line in a log that proves this agent started; undefined when there is none. */
  proveFromLog(log: string): LogProof | undefined;
}
