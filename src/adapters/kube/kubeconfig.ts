import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { ChangeoverError } from '../../core/error.ts';
import { clusterSchema, contextSchema, kubeconfigSchema, userSchema, type ClusterEntry, type UserEntry } from './schema.ts';

export interface KubeconfigOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A cluster or user with the file it came from: its relative paths start there. */
export interface Chosen<T> {
  readonly name: string;
  readonly file: string;
  readonly entry: T;
}

export interface ChosenContext {
  readonly cluster: Chosen<ClusterEntry>;
  /** undefined = anonymous. */
  readonly user: Chosen<UserEntry> | undefined;
}

type Entries = Map<string, { readonly file: string; readonly value: unknown }>;

interface Merged {
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly contexts: Entries;
  readonly clusters: Entries;
  readonly users: Entries;
}

/**
 * The context of `--context`, else the current one, from `--kubeconfig`, else the files of `KUBECONFIG`, else
 * `~/.kube/config`. Undefined when there is no file with a context, so that a pod's own account can be tried.
 * Files are merged as kubectl does: the first file that sets a name or the current context wins, whole entries.
 */
export async function chooseContext(options: KubeconfigOptions): Promise<ChosenContext | undefined> {
  const merged = await loadMerged(options);
  const named = options.kubeconfig !== undefined || options.context !== undefined;
  if (!named && merged.currentContext === undefined && merged.contexts.size === 0) return undefined;
  const name = options.context ?? merged.currentContext;
  const where = merged.files.join(', ') || 'no kubeconfig file was found';
  const choices = [...merged.contexts.keys()].sort().join(', ') || 'none';
  if (name === undefined)
    throw new ChangeoverError('usage', 'the kubeconfig has no current context', { target: where, hint: `Choose one with --context: ${choices}.` });
  const found = merged.contexts.get(name);
  if (!found) throw new ChangeoverError('usage', `context "${name}" does not exist`, { target: where, hint: `Contexts there are: ${choices}.` });
  const context = check(contextSchema, found.value, { file: found.file, path: `contexts[${name}].context` });
  const cluster = pick(merged.clusters, context.cluster, { file: found.file, path: `contexts[${name}].context.cluster` });
  const user = context.user === undefined ? undefined : pick(merged.users, context.user, { file: found.file, path: `contexts[${name}].context.user` });
  return {
    cluster: {
      name: context.cluster,
      file: cluster.file,
      entry: check(clusterSchema, cluster.value, { file: cluster.file, path: `clusters[${context.cluster}].cluster` }),
    },
    user: user && {
      name: context.user ?? '',
      file: user.file,
      entry: check(userSchema, user.value ?? {}, { file: user.file, path: `users[${context.user}].user` }),
    },
  };
}

async function loadMerged({ kubeconfig, env }: KubeconfigOptions): Promise<Merged> {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const fallback = join(env['HOME'] || homedir(), '.kube', 'config');
  const paths = kubeconfig !== undefined ? [kubeconfig] : listed.length > 0 ? [...new Set(listed)] : [fallback];
  const files: string[] = [];
  const contexts: Entries = new Map();
  const clusters: Entries = new Map();
  const users: Entries = new Map();
  let currentContext: string | undefined;
  for (const file of paths.map((path) => resolve(path))) {
    const config = await readOne(file, kubeconfig !== undefined);
    if (!config) continue;
    files.push(file);
    currentContext ??= config['current-context'];
    for (const { name, context } of config.contexts) addFirst(contexts, name, { file, value: context });
    for (const { name, cluster } of config.clusters) addFirst(clusters, name, { file, value: cluster });
    for (const { name, user } of config.users) addFirst(users, name, { file, value: user });
  }
  return { files, currentContext, contexts, clusters, users };
}

async function readOne(file: string, mustExist: boolean): Promise<z.infer<typeof kubeconfigSchema> | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return check(kubeconfigSchema, parse(text, { logLevel: 'error' }) ?? {}, { file, path: '' });
  } catch (cause) {
    if (cause instanceof ChangeoverError) throw cause;
    if (isNotFound(cause) && !mustExist) return undefined;
    const reason = isNotFound(cause) ? 'the file does not exist' : cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ChangeoverError('invalid-file', `cannot read the kubeconfig: ${reason}`, { target: file, cause });
  }
}

function addFirst(entries: Entries, name: string, entry: { readonly file: string; readonly value: unknown }): void {
  if (!entries.has(name)) entries.set(name, entry);
}

function pick(entries: Entries, name: string, from: { readonly file: string; readonly path: string }): { readonly file: string; readonly value: unknown } {
  const found = entries.get(name);
  if (found) return found;
  throw new ChangeoverError('invalid-file', `${from.path}: "${name}" is not defined`, {
    target: from.file,
    hint: `Defined there: ${[...entries.keys()].join(', ') || 'none'}.`,
  });
}

function check<T extends z.ZodType>(schema: T, value: unknown, at: { readonly file: string; readonly path: string }): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [at.path, ...(issue?.path ?? [])].filter((part) => part !== '').join('.');
  throw new ChangeoverError('invalid-file', `the kubeconfig is not valid: ${path || 'the file'}: ${issue?.message ?? 'unexpected value'}`, { target: at.file });
}

function isNotFound(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}
