import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { conditionOf, number, specOf, statusOf, text } from './object-parts.ts';
import { seconds } from './object-store.ts';
import { rolloutBounds } from './rolling-update.ts';

export interface StatusContext {
  readonly sets: readonly KubeObject[];
  /** The ReplicaSet of the Deployment's own template, where it exists. */
  readonly current: KubeObject | undefined;
  readonly now: number;
}

/** The status the Deployment controller would write: counters, Available, Progressing (with its deadline), ReplicaFailure. */
export function deploymentStatus(deployment: KubeObject, context: StatusContext): JsonObject {
  const bounds = rolloutBounds(deployment);
  const total = (name: string): number => context.sets.reduce((sum, set) => sum + counter(set, name), 0);
  const available = total('availableReplicas');
  const counters = {
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas: total('replicas'),
    updatedReplicas: context.current ? counter(context.current, 'replicas') : 0,
    readyReplicas: total('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, context.sets.reduce((sum, set) => sum + wantedOf(set), 0) - available),
  };
  const enough = available >= bounds.replicas - bounds.maxUnavailable;
  const conditions = [
    condition(deployment, context.now, {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    }),
    progressing(deployment, { ...context, counters, replicas: bounds.replicas }),
    ...replicaFailure(deployment, context),
  ];
  return { ...counters, conditions };
}

/** When the progress deadline of a rollout under way runs out, in milliseconds since the epoch; undefined when none is. */
export function progressDeadlineMs(deployment: KubeObject): number | undefined {
  const found = conditionOf(deployment, 'Progressing');
  if (found?.['reason'] !== 'ReplicaSetUpdated') return undefined;
  return Date.parse(text(found['lastUpdateTime'])) + number(specOf(deployment)['progressDeadlineSeconds'], 600) * 1000;
}

type Counters = { readonly [name: string]: number };

function progressing(deployment: KubeObject, state: StatusContext & { readonly counters: Counters; readonly replicas: number }): JsonObject {
  const { counters, current, now, replicas } = state;
  const old = statusOf(deployment);
  const before = conditionOf(deployment, 'Progressing');
  const name = current === undefined ? 'none yet' : current.metadata.name;
  const make = (status: string, reason: string, message: string): JsonObject => condition(deployment, now, { type: 'Progressing', status, reason, message });
  const complete = (['replicas', 'updatedReplicas', 'availableReplicas'] as const).every((each) => counters[each] === replicas);
  if (before?.['reason'] === 'NewReplicaSetAvailable' && counters['replicas'] === counters['updatedReplicas']) return before;
  if (complete) return make('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  const rising = (each: string): boolean => (counters[each] ?? 0) > number(old[each]);
  const oldPods = number(old['replicas']) - number(old['updatedReplicas']);
  const moved =
    rising('updatedReplicas') ||
    rising('readyReplicas') ||
    rising('availableReplicas') ||
    (counters['replicas'] ?? 0) - (counters['updatedReplicas'] ?? 0) < oldPods;
  if (before === undefined || moved) {
    return { ...make('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`), lastUpdateTime: seconds(now) };
  }
  const deadline = progressDeadlineMs(deployment);
  if (deadline !== undefined && deadline <= now) return make('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`);
  return before;
}

/** A condition with its old times where nothing but the text could differ. */
function condition(
  deployment: KubeObject,
  now: number,
  wanted: { readonly type: string; readonly status: string; readonly reason: string; readonly message: string },
): JsonObject {
  const before = conditionOf(deployment, wanted.type);
  if (before?.['status'] === wanted.status && before['reason'] === wanted.reason) return before;
  const transition = before?.['status'] === wanted.status ? before['lastTransitionTime'] : seconds(now);
  return { ...wanted, lastUpdateTime: seconds(now), lastTransitionTime: transition };
}

function replicaFailure(deployment: KubeObject, context: StatusContext): readonly JsonObject[] {
  const sets = context.current ? [context.current, ...context.sets] : context.sets;
  const found = sets.map((set) => conditionOf(set, 'ReplicaFailure')).find((each) => each !== undefined);
  if (!found) return [];
  return [condition(deployment, context.now, { type: 'ReplicaFailure', status: 'True', reason: text(found['reason']), message: text(found['message']) })];
}

function counter(set: KubeObject, name: string): number {
  return number(statusOf(set)[name]);
}

function wantedOf(set: KubeObject): number {
  return number(specOf(set)['replicas']);
}
