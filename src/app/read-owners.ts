import { ChangeoverError } from '../core/error.ts';
import type { Owner } from '../core/plan/plan.ts';
import { judgeSync, type SyncObject } from '../core/workload/judge-sync.ts';
import { detectOwner } from '../core/workload/owner.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { Cluster, Resource } from '../ports/cluster.ts';
import { pooled } from './pooled.ts';
import { refTo } from './resources.ts';

/** Where Argo CD keeps an Application whose namespace no mark names. */
const ARGO_NAMESPACE = 'argocd';

/** With every version a cluster may still serve alone, the newest first. */
const application = kind('argoproj.io', ['v1alpha1'], { kind: 'Application', plural: 'applications' });
const kustomization = kind('kustomize.toolkit.fluxcd.io', ['v1', 'v1beta2'], { kind: 'Kustomization', plural: 'kustomizations' });
const helmRelease = kind('helm.toolkit.fluxcd.io', ['v2', 'v2beta2', 'v2beta1'], { kind: 'HelmRelease', plural: 'helmreleases' });

/**
 * The owner of each workload, by id. Whether Argo CD or Flux undo a change is read from their own objects, each once; where
 * it is not there or not ours to read, that is said (`because`) and never a failure.
 */
export async function readOwners(cluster: Cluster, workloads: readonly Workload[], signal?: AbortSignal): Promise<ReadonlyMap<string, Owner>> {
  const asked = new Map<string, Promise<SyncObject>>();
  const read = (owner: Owner): Promise<SyncObject> => {
    const place = placeOf(owner);
    if (!place) return Promise.resolve('absent');
    const key = `${place.versions[0]?.kind}/${place.namespace}/${place.name}`;
    const known = asked.get(key) ?? readSyncObject(cluster, place, signal);
    asked.set(key, known);
    return known;
  };
  const entries = await pooled(workloads, 8, async ({ id, object }) => {
    const owner = detectOwner(object);
    return [id, owner.reverts === 'unknown' ? judgeSync(owner, await read(owner)) : owner] as const;
  });
  return new Map(entries);
}

interface Place {
  readonly versions: readonly Resource[];
  readonly namespace: string;
  readonly name: string;
}

function placeOf({ kind, name, namespace, by }: Owner): Place | undefined {
  if (name === undefined) return undefined;
  if (kind === 'argo-cd') return { versions: application, namespace: namespace ?? ARGO_NAMESPACE, name };
  if (namespace === undefined || by === undefined) return undefined;
  return { versions: by === 'Kustomization' ? kustomization : helmRelease, namespace, name };
}

async function readSyncObject(cluster: Cluster, { versions, namespace, name }: Place, signal?: AbortSignal): Promise<SyncObject> {
  try {
    for (const resource of versions) {
      const found = await cluster.get(refTo(resource, namespace, name), signal);
      if (found) return found;
    }
    return 'absent';
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code !== 'denied') throw error;
    return 'denied';
  }
}

function kind(group: string, versions: readonly string[], names: Pick<Resource, 'kind' | 'plural'>): readonly Resource[] {
  return versions.map((version) => ({ apiVersion: `${group}/${version}`, ...names, namespaced: true }));
}
