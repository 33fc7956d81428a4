import { activeBatch, type Situation } from '../core/rollout/decide.ts';
import { PROBATION_MS } from '../core/rollout/judge-probation.ts';
import { INTENT } from '../core/rollout/marker.ts';
import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import { viewPod } from '../core/workload/pod-view.ts';
import { resources } from './resources.ts';
import type { Session } from './session.ts';

/**
 * Adds to a situation, once before each batch starts, the pods of the workloads that were switched within the last hour:
 * a crash after the soak must be seen before more follow. One list per namespace.
 */
export async function lookAtSwitched(session: Session, situation: Situation): Promise<Situation> {
  const { run, records, now, stopping } = situation;
  const batch = run.phase === 'RUNNING' && !stopping ? activeBatch(situation) : undefined;
  if (!batch || batch.index === session.probation.batch) return situation;
  const switched = [...records.values()].filter((record) => record.state === 'SUCCEEDED' && now - Date.parse(record.since) < PROBATION_MS);
  const namespaces = [...new Set(switched.map((record) => namespaceOf(record)))];
  const lists = await Promise.all(namespaces.map((namespace) => session.ports.cluster.list({ resource: resources.pod, namespace }, session.signal)));
  session.probation.batch = batch.index;
  const pods = lists.flat();
  return { ...situation, switched: new Map(switched.map((record) => [record.item.id, pods.filter((pod) => isOf(pod, record)).map((pod) => viewPod(pod))])) };
}

/** Whether a pod was made by the change of a record: the intent is the run's, the owner's name tells the workload. */
function isOf(pod: KubeObject, record: WorkloadRecord): boolean {
  const [, , name = ''] = record.item.id.split('/');
  const owner = pod.metadata.ownerReferences?.find((each) => each.controller === true);
  const made = pod.metadata.namespace === namespaceOf(record) && pod.metadata.annotations?.[INTENT] === record.intent && owner !== undefined;
  return made && (owner.name === name || (owner.name.startsWith(`${name}-`) && !owner.name.slice(name.length + 1).includes('-')));
}

function namespaceOf(record: WorkloadRecord): string {
  return record.item.id.split('/')[0] ?? '';
}
