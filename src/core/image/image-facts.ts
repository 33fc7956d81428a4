import type { Repository } from './reference.ts';

/** One entry of a layer's tar, reduced to what proofs need. Paths are absolute (`/opt/app`), without a trailing slash. */
export interface LayerEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Permission bits only (0o7777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly size: number;
  /** Target as written, for symlink and hardlink. */
  readonly link?: string;
  /** Of folders, which an added layer must repeat: values in base64. */
  readonly xattrs?: { readonly [name: string]: string };
}

/** Everything one layer's tar says: derived once per layer digest and cached. Whiteouts stay entries of their own name. */
export interface LayerIndex {
  readonly digest: string;
  readonly entries: readonly LayerEntry[];
  /** Text of small files that configure or start a JVM (agent.config, *.sh, scripts with `#!`, jvm option files, `release`), by path. */
  readonly texts: { readonly [path: string]: string };
  /**
   * Class files and jars outside agent folders that name internals of an agent which only its own jar provides
   * (`org/apache/skywalking/apm/agent/core/`), by path: the names found. Such code breaks when the agent goes.
   */
  readonly references: { readonly [path: string]: readonly string[] };
  /** Of jars that start as agents, by path: the class they start with (`Premain-Class`). Left out = none. */
  readonly premainClasses?: { readonly [path: string]: string };
  /** What the application has of an agent's own libraries, by path, jars inside a jar by the path of the outer one. Left out = none. */
  readonly couplings?: { readonly [path: string]: readonly Coupling[] };
}

/** A tie of the application to the old agent that does not break it, yet loses its meaning with the agent. */
export interface Coupling {
  /** A library of the agent's toolkit; a logging pattern, layout or converter that prints the agent's ids; an appender that sends logs through the agent. */
  readonly kind: 'toolkit' | 'log-pattern' | 'log-appender';
  readonly what: string;
}

/**
 * `attributes`: the topmost layer with something in this folder has no entry for it, so that some runtimes keep the mode and owner of the layers below and
 * others make it anew. `content`: the way there leads through a folder that one layer both deletes and creates, or that a layer creates by a path through what
 * is no folder below it.
 */
export type Doubt = 'attributes' | 'content';

/** The merged file system an image shows, as far as its layers were scanned. */
export interface ImageFiles {
  /** The entry at a path after resolving no symlink at all; undefined = proven absent. */
  entry(path: string): LayerEntry | undefined;
  /** Names directly below a directory. */
  children(path: string): readonly string[];
  /** What container runtimes unpack differently there; undefined when they agree. */
  doubt(path: string): Doubt | undefined;
  /** Resolves symlinks of every component but the last; undefined when a component is missing or loops. */
  physicalPath(path: string): string | undefined;
  /** Text of a captured file, at its physical path. */
  text(path: string): string | undefined;
  /** Files that name internals of an agent (see `LayerIndex.references`), merged over the layers. */
  references(): { readonly [path: string]: readonly string[] };
  /** The class that the jar at a physical path starts as an agent with. */
  premainClass(path: string): string | undefined;
  /** The application's ties to the old agent (see `LayerIndex.couplings`), merged over the layers. */
  couplings(): { readonly [path: string]: readonly Coupling[] };
}

/** The runtime part of an image config. */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** In order, as `NAME=value`, split at the first `=`. */
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly workingDir: string;
  readonly user: string;
  readonly labels: { readonly [key: string]: string };
  readonly volumes: readonly string[];
}

/** What we know of one image manifest. */
export interface ImageFacts {
  readonly repository: Repository;
  /** Digest of what the pods run: the index's where they run an index. */
  readonly digest: string;
  /** Digest of the single-platform manifest that was read (equal to `digest` without an index). */
  readonly manifestDigest: string;
  readonly mediaType: string;
  readonly config: ImageConfig;
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[];
  /** Undefined when the layers were not scanned (`--no-layer-scan`, or unreadable: see `scanProblem`). */
  readonly files?: ImageFiles;
  readonly scanProblem?: string;
  /** Set when the image is a result of ours (labels `dev.changeover.*`). */
  readonly ours?: {
    readonly sourceDigest: string;
    /** The whole image that was rewritten, by name and digest: the index where there was one. */
    readonly sourceName: string;
    readonly agent: string;
    readonly version: string;
    readonly edits: string;
    /** ENV as the pods have it; `config` is that of the image it was made from. */
    readonly env?: ImageConfig['env'];
  };
}
