import type { JsonObject } from '../json.ts';
import type { Instrumentation } from './instrumentation.ts';

export type Delivery = 'auto' | 'takeover' | 'image';

export interface AllowRule {
  readonly id: string;
  /** Glob over `namespace/name`; left out = everywhere. */
  readonly match?: string;
  readonly reason: string;
  /** Last day it holds, `YYYY-MM-DD`. */
  readonly until?: string;
}

/** Settings for one registry host. Secrets are references (`env:NAME`), never values. */
export interface RegistrySettings {
  readonly plainHttp?: boolean;
  /** Paths of PEM files, relative to the policy file. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Requests per second. */
  readonly rate?: number;
  readonly auth?: string;
}

/** A release system that is asked before something starts. */
export interface ReleaseGateRule {
  readonly url: string;
  readonly when: 'beforeWorkload' | 'beforeBatch';
  readonly timeoutMs: number;
}

/** When new workloads may start, or must not: from each moment of a schedule on, for a while. */
export interface ChangeWindow {
  readonly kind: 'allow' | 'deny';
  /** `minute hour day month weekday` (`parseCron`), by the clock of `timeZone`. */
  readonly schedule: string;
  readonly durationMs: number;
  readonly timeZone: string;
}

/** Whom to tell when a run halts or ends. The address is a secret and stands in the environment (`env:NAME`). */
export interface NotifyRule {
  readonly kind: 'webhook';
  readonly urlFrom: string;
  readonly on: readonly ('halt' | 'done')[];
}

/** Where the new agent's files come from. `none` only in the built-in policy that `scan` uses without a file. */
export type AgentSource = { readonly kind: 'image'; readonly image: string } | { readonly kind: 'path'; readonly path: string } | { readonly kind: 'none' };

/** Jars of extensions: those in a folder of an image, or a jar or folder beside the policy file. */
export type ExtensionSource = { readonly kind: 'image'; readonly image: string; readonly dir: string } | { readonly kind: 'path'; readonly path: string };

/** The policy file with every default filled in: what the rest of the program reads. Durations are milliseconds. */
export interface Policy {
  readonly name: string;
  readonly select: {
    /** Empty = every namespace (that `namespaceSelector` picks). */
    readonly namespaces: readonly string[];
    readonly namespaceSelector?: string;
    readonly labelSelector?: string;
    /** Globs over `namespace/Kind/name`; kind is compared without case. */
    readonly exclude: readonly string[];
    readonly kinds: readonly string[];
    readonly requireSidecar: readonly string[];
    /** Whether workloads without pods are changed too; nothing can be judged of them. */
    readonly includeZero: boolean;
    readonly container: { readonly namePrefixOfWorkload: boolean; readonly skip: readonly string[] };
  };
  readonly from: { readonly agent: string };
  readonly to: {
    readonly agent: string;
    readonly home: string;
    readonly files: AgentSource;
    /** Template such as `{label:appName}`; undefined = the old agent's own service name. */
    readonly serviceName?: string;
    readonly signals: { readonly traces: string; readonly metrics: string; readonly logs: string };
    /** Whether our extension goes along: traces stay whole while half the fleet is switched. */
    readonly bridge: boolean;
    /** Fleet-wide settings: they go into the image's ENV. */
    readonly env: { readonly [name: string]: string };
    /** `parentbased_traceidratio=0.1`: name and argument; undefined = nobody chose one. */
    readonly sampler?: string;
    /** What an Instrumentation manifest says; `env` goes before it. */
    readonly instrumentation?: Instrumentation;
    /** Extensions of the new agent, those of the manifest too. */
    readonly extensions: readonly ExtensionSource[];
    /** Options of the JVM, by name (see `optionNames`). */
    readonly jvmOptions: { readonly add: readonly string[]; readonly remove: readonly string[]; readonly replace: { readonly [option: string]: string } };
  };
  readonly delivery: Delivery;
  readonly image: {
    readonly to: string;
    readonly agentRepository: string;
    readonly reference: 'tag@digest' | 'digest' | 'tag';
    readonly removeOld: 'auto' | 'never';
    /** How long a pushed image may take to become readable. */
    readonly readyTimeoutMs: number;
    /** Signs a pushed image before it gets its tag: a command in which `{ref}` is `repository@digest`. */
    readonly sign?: readonly string[];
    /** Files put below `<home>/files/`: name there -> path of the file, relative to the policy file. `image` mode only. */
    readonly files: { readonly [name: string]: string };
    /** Replaces ENTRYPOINT; gets the old ENTRYPOINT and CMD as arguments. `image` mode only. */
    readonly entrypoint?: readonly string[];
  };
  readonly rollout: {
    readonly batchSize: number;
    readonly waves: readonly number[];
    readonly soakMs: number;
    /** How long the first of three or more new pods is judged alone; 0 = all at once. */
    readonly canaryMs: number;
    readonly maxFailures: number;
    /** A share (0 to 1) of the plan's workloads. */
    readonly maxStale: number;
    readonly onFailure: 'rollback' | 'hold';
    /** Pods that rollouts may have at a time beyond those their workloads want, over the whole run. */
    readonly maxSurgePods: number;
    readonly windows: readonly ChangeWindow[];
    /** Where the call graph comes from that orders the batches; undefined = by namespace and name. */
    readonly topology?: 'jaeger';
    /** The first workload goes forward, back and forward, to see the way back work. */
    readonly drill: boolean;
  };
  readonly proof: 'log' | 'spans' | 'off';
  readonly verify: {
    readonly jaeger?: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'service'; readonly service: string };
    /** SkyWalking's GraphQL endpoint, for a baseline of the time before. */
    readonly skywalking?: string;
    /** Hold the next batch until the switched services are seen. */
    readonly gate: boolean;
  };
  readonly allow: readonly AllowRule[];
  /** Persons who must approve a plan, or (`perOwner`) each owner's slice of it, before it is run. */
  readonly approvals: { readonly perOwner: boolean; readonly min: number };
  readonly gates: readonly ReleaseGateRule[];
  readonly registries: { readonly [host: string]: RegistrySettings };
  readonly owners: { readonly label?: string };
  readonly notify: readonly NotifyRule[];
  /** The file as written (plain data), for the record and its hash. */
  readonly source: JsonObject;
}
