import { ChangeoverError } from '../core/error.ts';
import { isJsonObject } from '../core/json.ts';
import type { ConfigMaps } from '../core/jvm/effective-env.ts';
import type { Policy } from '../core/policy/policy.ts';
import { assembleWorkloads } from '../core/workload/assemble.ts';
import { containers, podSpec, podTemplate } from '../core/workload/pod-template.ts';
import { findKind } from '../core/workload/kinds/kind-of.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { Cluster, ListQuery } from '../ports/cluster.ts';
import { refTo, resources, revisionResource } from './resources.ts';

export interface FleetQuery {
  readonly policy: Policy;
  /** Narrows the policy's namespaces. */
  readonly namespaces?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Every workload the policy selects, with ReplicaSets and pods, sorted by id. Namespaces are the policy's, narrowed by
 * the caller's; none named = all. Errors: `usage` when a namespace does not exist or the narrowing leaves nothing.
 */
export async function readFleet(cluster: Cluster, query: FleetQuery): Promise<readonly Workload[]> {
  const { policy, signal } = query;
  const namespaces = await chooseNamespaces(cluster, query);
  const read = async (namespace: string | undefined): Promise<readonly Workload[]> => {
    const scope = namespace === undefined ? {} : { namespace };
    const { labelSelector } = policy.select;
    const kinds = policy.select.kinds.flatMap((name) => findKind(name) ?? []);
    const kept = [...new Set(kinds.map((kind) => revisionResource(kind.revisions)))].filter((resource) => resource !== undefined);
    const [owners, revisions, pods] = await Promise.all([
      Promise.all(kinds.map(({ resource }) => listOwners(cluster, { resource, ...scope, ...(labelSelector === undefined ? {} : { labelSelector }) }, signal))),
      Promise.all(kept.map((resource) => cluster.list({ resource, ...scope }, signal))),
      cluster.list({ resource: resources.pod, ...scope }, signal),
    ]);
    return assembleWorkloads(owners.flat(), revisions.flat(), pods);
  };
  const found = namespaces === undefined ? await read(undefined) : (await Promise.all(namespaces.map(read))).flat();
  return [...found].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

async function listOwners(cluster: Cluster, query: ListQuery, signal: AbortSignal | undefined): Promise<readonly KubeObject[]> {
  try {
    return await cluster.list(query, signal);
  } catch (cause) {
    if (!(cause instanceof ChangeoverError) || cause.code !== 'not-found') throw cause;
    const { kind, apiVersion } = query.resource;
    const hint = `Take ${kind} out of spec.select.kinds, or install what brings it.`;
    throw new ChangeoverError('usage', `the cluster has no kind ${kind} (${apiVersion})`, { target: 'spec.select.kinds', hint, cause });
  }
}

async function chooseNamespaces(cluster: Cluster, query: FleetQuery): Promise<readonly string[] | undefined> {
  const { select } = query.policy;
  const selected = select.namespaceSelector === undefined ? select.namespaces : await labelled(cluster, select.namespaceSelector, query.signal);
  const asked = query.namespaces;
  if (asked === undefined) return await existing(cluster, selected, query.signal);
  const narrowed = selected.length === 0 ? asked : asked.filter((name) => selected.includes(name));
  if (narrowed.length === 0) {
    const hint = `The policy selects ${selected.join(', ')}; change spec.select.namespaces or the -n option.`;
    throw new ChangeoverError('usage', `namespace ${asked.join(', ')} is not selected by the policy`, { target: asked.join(', '), hint });
  }
  return await existing(cluster, narrowed, query.signal);
}

async function labelled(cluster: Cluster, labelSelector: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const found = await cluster.list({ resource: resources.namespace, labelSelector }, signal);
  if (found.length > 0) return found.map((each) => each.metadata.name);
  throw new ChangeoverError('usage', `no namespace matches ${labelSelector}`, {
    target: 'spec.select.namespaceSelector',
    hint: 'Check the labels with `kubectl get namespaces --show-labels`.',
  });
}

async function existing(cluster: Cluster, names: readonly string[], signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
  if (names.length === 0) return undefined;
  for (const name of names) {
    // Who may not read namespaces learns it from the lists that follow.
    const found = await cluster.get(refTo(resources.namespace, '', name), signal).catch((error: unknown) => ignoreDenied(error));
    if (found === undefined)
      throw new ChangeoverError('usage', `namespace ${name} does not exist`, {
        target: `Namespace/${name}`,
        hint: 'Check spec.select.namespaces and the -n option.',
      });
  }
  return names;
}

function ignoreDenied(error: unknown): null {
  if (error instanceof ChangeoverError && error.code === 'denied') return null;
  throw error;
}

/** Reads the ConfigMaps that a workload's containers take variables from. Secrets are never read. */
export async function readConfigMaps(cluster: Cluster, workload: Workload, signal?: AbortSignal): Promise<ConfigMaps> {
  const names = new Set(
    containers(podSpec(podTemplate(workload.object))).flatMap((container) => [...envFromNames(container['envFrom']), ...valueFromNames(container.env)]),
  );
  const entries = await Promise.all(
    [...names].map(async (name) => {
      const found = await cluster.get(refTo(resources.configMap, workload.namespace, name), signal).catch((error: unknown) => ignoreDenied(error));
      const data = found?.['data'];
      return [name, isJsonObject(data) ? (data as { readonly [key: string]: string }) : found ? {} : null] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function envFromNames(envFrom: unknown): readonly string[] {
  if (!Array.isArray(envFrom)) return [];
  return envFrom.filter(isJsonObject).flatMap((source) => nameOf(source['configMapRef']));
}

function valueFromNames(env: readonly unknown[] | undefined): readonly string[] {
  return (env ?? []).filter(isJsonObject).flatMap((entry) => (isJsonObject(entry['valueFrom']) ? nameOf(entry['valueFrom']['configMapKeyRef']) : []));
}

function nameOf(reference: unknown): readonly string[] {
  return isJsonObject(reference) && typeof reference['name'] === 'string' ? [reference['name']] : [];
}
