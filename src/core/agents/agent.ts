import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { EffectiveOptions, JvmOption } from '../jvm/effective-options.ts';

export type AgentId = 'skywalking' | 'opentelemetry';

/** One agent found in a container's effective JVM options. */
export interface DetectedAgent {
  readonly agent: AgentId | 'unknown';
  /** The `-javaagent:` token it was found in, with its carrier and place. */
  readonly option: JvmOption;
  /** Absolute path of the jar. */
  readonly jarPath: string;
  /** The path as the option names it, where that is relative to the working directory: what an edit of the option looks for. */
  readonly writtenPath?: string;
  /** Text after `=` in the option; undefined when there is none. */
  readonly args?: string;
  /** Where the image proves it (file name of a versioned jar or plugin, our label); undefined = not known. */
  readonly version?: string;
  /** Of `unknown`: the product its manifest names. */
  readonly product?: string;
  /** In an image of ours whose flag is still the one of an agent before: that agent. Its settings stand there as ever. */
  readonly replaces?: AgentId;
}

/** One setting with the source that won. */
export interface AgentSetting {
  readonly value: string;
  readonly source: string;
  /** Names of `$(VAR)` in the value that only the kubelet can resolve; any other `$(` in it is literal. */
  readonly unresolved?: readonly string[];
  /** Nobody chose it: it is the default that the agent's own file gives. */
  readonly isDefault?: true;
}

/** Settings of an agent read from all its sources, in their real precedence. */
export interface AgentSettings {
  readonly serviceName?: string;
  readonly namespace?: string;
  readonly instanceName?: string;
  readonly backend?: string;
  /** Everything that was found, by key. Credential-like values are not in it. */
  readonly values: { readonly [key: string]: AgentSetting };
  readonly findings: readonly Finding[];
}

export interface AgentContext {
  readonly options: EffectiveOptions;
  /** Effective container env: pod env, envFrom and image ENV merged, `$(VAR)` expanded; what is not known is `$(NAME)` itself. */
  readonly env: { readonly [name: string]: string };
  readonly image?: ImageFacts;
  /** Text of a file as the container sees it, where mounts lie over the image: it is asked instead of the image. */
  readonly imageText?: (path: string) => string | undefined;
}

/** Which agents a log's first lines show. */
export type LogProof = { readonly agent: AgentId; readonly version?: string; readonly line: string };

/** What one agent folder offers. A new agent is a new folder and one line in `agents.ts`. */
export interface AgentPlugin {
  readonly id: AgentId;
  /** The `-javaagent:` options that are this agent, judged by path, jar name and image contents. */
  detect(options: EffectiveOptions, image?: ImageFacts): readonly DetectedAgent[];
  readSettings(context: AgentContext, detected: DetectedAgent): AgentSettings;
  /** The first line in a log that proves this agent started; undefined when there is none. */
  proveFromLog(log: string): LogProof | undefined;
  /** Whether a system property (`-DNAME`) only means something to this agent. */
  ownsProperty(name: string): boolean;
}
