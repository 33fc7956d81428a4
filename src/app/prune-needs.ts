import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Cluster, Resource } from '../ports/cluster.ts';
import { resources } from './resources.ts';

const DIGEST = /sha256:[0-9a-f]{64}/g;
/** `"image":"…"` and `"reference":"…"`, also inside annotations and records, where the quotes are escaped. */
const NAMED = /\\*"(?:image|reference|before|after)\\*":\s*\\*"([^"\\]+)/g;

/** Everything in a cluster that names images. */
export interface ClusterNeeds {
  /** Digests that something mentions, with what it is (`namespace/Kind/name`). */
  readonly digests: ReadonlyMap<string, string>;
  /** The same for references as they are written. */
  readonly references: ReadonlyMap<string, string>;
}

const holders: readonly Resource[] = [
  resources.pod,
  resources.replicaSet,
  resources.deployment,
  { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'ControllerRevision', plural: 'controllerrevisions', namespaced: true },
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', namespaced: true },
  { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true },
];

/**
 * Reads all that runs, could run again or leads back, in every namespace: pods, templates, ReplicaSets and revisions kept in history, markers, and the records
 * of runs. A mention anywhere counts: too much is kept rather than too little. Throws `denied` when something may not be listed.
 */
export async function readNeeds(cluster: Cluster, signal?: AbortSignal): Promise<ClusterNeeds> {
  const records = cluster.list({ resource: resources.configMap, labelSelector: 'changeover.dev/record' }, signal);
  const lists = await Promise.all([...holders.map((resource) => cluster.list({ resource }, signal)), records]);
  const digests = new Map<string, string>();
  const references = new Map<string, string>();
  for (const object of lists.flat()) {
    const text = JSON.stringify(object);
    for (const [digest] of text.matchAll(DIGEST)) remember(digests, digest, object);
    for (const [, reference = ''] of text.matchAll(NAMED)) remember(references, reference, object);
  }
  return { digests, references };
}

function remember(seen: Map<string, string>, name: string, { metadata, kind }: KubeObject): void {
  if (!seen.has(name)) seen.set(name, `${metadata.namespace ?? ''}/${kind}/${metadata.name}`);
}
