import { ChangeoverError } from '../core/error.ts';
import { quote } from '../core/shell-quote.ts';
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
  readonly export?: 'kustomize' | 'helm-values';
  readonly allow?: readonly string[];
  /** False with `--no-layer-scan`. */
  readonly layerScan?: boolean;
  readonly reason?: string;
  readonly ticket?: string;
  readonly watch?: boolean;
  readonly all?: boolean;
  readonly rollbackInFlight?: boolean;
  /** `report`. */
  readonly by?: 'owner';
  readonly format?: 'md' | 'csv';
  /** `approve`: the slice. */
  readonly owner?: string;
  readonly print?: boolean;
  /** `image rewrite`: the reference of the new image. */
  readonly to?: string;
  readonly dryRun?: boolean;
  /** `base rewrite`: move the base's own tag too. */
  readonly retag?: boolean;
  /** `convert`: files and folders of manifests. */
  readonly filename?: readonly string[];
  readonly asPatch?: boolean;
  readonly imageConfig?: string;
  /** False with `--no-registry`. */
  readonly registry?: boolean;
  readonly rbac?: 'plan' | 'apply' | 'drift';
  readonly seed?: number;
  /** `tee`: addresses, and files in PEM. */
  readonly listen?: string;
  readonly listenCert?: string;
  readonly listenKey?: string;
  readonly backend?: string;
  readonly backendTls?: boolean;
  readonly backendCa?: string;
  readonly otlp?: string;
  readonly otlpCa?: string;
  readonly otlpHeader?: readonly string[];
  /** MiB. */
  readonly maxBuffer?: number;
  /** `tee`: the file it keeps; `verify`: `save` or `compare`. */
  readonly baseline?: string;
  /** `verify`: a duration. */
  readonly since?: string;
  readonly during?: boolean;
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

/** `-n` as given, undefined with `-A` or without either: the policy, or every namespace. `usage` for both at once. */
export function namespacesOf(options: CliOptions): { readonly namespaces?: readonly string[] } {
  const { namespace, allNamespaces } = options;
  if (namespace === undefined) return {};
  if (allNamespaces === true) throw new ChangeoverError('usage', '-n and -A contradict each other', { hint: 'Give one of them.' });
  return { namespaces: namespace };
}

/** The run `--run` names and where records are kept. */
export function runOf(options: CliOptions): { readonly stateNamespace: string; readonly run?: string } {
  const { stateNamespace, run } = options;
  return { stateNamespace, ...(run === undefined ? {} : { run }) };
}

/** The options a suggested command line must repeat to mean the same cluster and run; each with a blank before it. */
export function flagsOf(options: CliOptions): string {
  const named = { kubeconfig: options.kubeconfig, context: options.context, as: options.as, run: options.run };
  const state = options.stateNamespace === 'changeover' ? {} : { 'state-namespace': options.stateNamespace };
  return Object.entries({ ...named, ...state })
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${quote(value)}`))
    .join('');
}
