import type { Connection, Wiring } from './wiring.ts';

/** Options of every command as commander collects them. Which command takes which is in `command-list.ts`. */
export interface CliOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
  readonly namespace?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly output: 'table' | 'json' | 'yaml';
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly yes?: boolean;
  readonly verbose?: boolean;
  readonly run?: string;
  readonly stateNamespace: string;
  readonly policy?: string;
  readonly out?: string;
  readonly workload?: string;
  readonly allow?: readonly string[];
  /** False with `--no-layer-scan`. */
  readonly layerScan?: boolean;
  readonly reason?: string;
  readonly ticket?: string;
  readonly watch?: boolean;
  readonly all?: boolean;
  readonly rollbackInFlight?: boolean;
  readonly seed?: number;
}

/** One call of one command. */
export interface Invocation {
  readonly wiring: Wiring;
  readonly args: readonly string[];
  readonly options: CliOptions;
}

/** The cluster the options name. */
export function connectionOf(options: CliOptions): Connection {
  const { kubeconfig, context, as } = options;
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(as === undefined ? {} : { as }),
  };
}

/** `-n` as given, undefined with `-A` or without either: the policy, or every namespace. */
export function namespacesOf(options: CliOptions): { readonly namespaces?: readonly string[] } {
  if (options.allNamespaces === true || options.namespace === undefined) return {};
  return { namespaces: options.namespace };
}
