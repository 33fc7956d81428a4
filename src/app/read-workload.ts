import { assembleWorkloads } from '../core/workload/assemble.ts';
import { kindOf } from '../core/workload/kinds/kind-of.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import { selectorOf } from '../core/workload/selector-of.ts';
import type { Workload } from '../core/workload/workload.ts';
import type { Cluster } from '../ports/cluster.ts';
import { resources, revisionResource, workloadRef } from './resources.ts';

/** The workload `namespace/Kind/name` with all below it, as it is now; undefined when it is gone. */
export async function readWorkload(cluster: Cluster, id: string, signal?: AbortSignal): Promise<Workload | undefined> {
  const object = await cluster.get(workloadRef(id), signal);
  return object && (await readBelow(cluster, object, signal));
}

/** A workload from its object: revisions and live pods are read, by its own selector where it has one. */
export async function readBelow(cluster: Cluster, object: KubeObject, signal?: AbortSignal): Promise<Workload> {
  const kept = revisionResource(kindOf(object).revisions);
  const query = { namespace: object.metadata.namespace ?? '', labelSelector: selectorOf(object) };
  const read = kept ? [cluster.list({ resource: kept, ...query }, signal), cluster.list({ resource: resources.pod, ...query }, signal)] : [];
  const [revisions = [], pods = []] = await Promise.all(read);
  const [workload] = assembleWorkloads([object], revisions, pods);
  if (!workload) throw new Error('one object makes one workload');
  return workload;
}
