import { isJsonObject, jsonEqual, type Json } from '../json.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { JsonPatchOp } from '../workload/json-patch.ts';
import type { KubeObject } from '../workload/kube-object.ts';

/** The fields that let one new pod come and no more; `null` = absent. */
type CanaryFields = { readonly rollingUpdate: Json; readonly minReadySeconds: Json };

/** What a canary changes beside the template, kept in record and marker until it is as before again. */
export interface CanaryShape {
  readonly before: CanaryFields;
  readonly after: CanaryFields;
}

/** From this many replicas on one pod is few enough to be a canary. */
const MIN_REPLICAS = 3;
/** What the agent's proof and a slow turn may take on top of the canary's time. Seconds. */
const MARGIN = 60;
/** How much longer than the canary the controller waits where nobody is there to say go on. Seconds. */
const UNWATCHED = 600;

/**
 * How the controller itself is made to hold at one pod: one pod of surge, none missing, and a new pod counts as available
 * only long after the canary's time. So nothing is ever paused, and a rollout that we no longer watch goes on pod by pod and
 * stops at a bad one. Undefined where no canary is due (few replicas, or none asked for); `refused` where none is possible.
 */
export function planCanary(object: KubeObject, canaryMs: number): CanaryShape | { readonly refused: string } | undefined {
  if (canaryMs === 0 || kindOf(object).wanted(object) < MIN_REPLICAS) return undefined;
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const strategy = isJsonObject(spec['strategy']) ? spec['strategy'] : {};
  if (object.kind !== 'Deployment')
    return { refused: `rollout.canary is possible for Deployments, not for a ${object.kind}; exclude it, or set rollout.canary to 0s` };
  if (strategy['type'] !== 'RollingUpdate')
    return { refused: `rollout.canary needs the strategy RollingUpdate, not ${JSON.stringify(strategy['type'] ?? null)}` };
  const deadline = typeof spec['progressDeadlineSeconds'] === 'number' ? spec['progressDeadlineSeconds'] : 600;
  const seconds = Math.ceil(canaryMs / 1000);
  if (deadline <= seconds + MARGIN)
    return { refused: `a rollout.canary of ${seconds} s needs progressDeadlineSeconds above ${seconds + MARGIN}, not ${deadline}` };
  const before = fieldsOf(object);
  const least = typeof before.minReadySeconds === 'number' ? before.minReadySeconds : 0;
  return {
    before,
    after: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }, minReadySeconds: Math.max(least, Math.min(deadline - 1, seconds + UNWATCHED)) },
  };
}

/** Whether the object still has what a canary was planned on. */
export function isCanaryCurrent(object: KubeObject, { before }: CanaryShape): boolean {
  return jsonEqual(fieldsOf(object), before);
}

/** Goes into the patch of the change. */
export function canaryOps(shape: CanaryShape | undefined): readonly JsonPatchOp[] {
  return shape ? change(shape.before, shape.after) : [];
}

/** Puts back each of the fields that still holds our value; what somebody else set since stays. */
export function restoreOps(object: KubeObject, shape: CanaryShape | undefined): readonly JsonPatchOp[] {
  if (!shape) return [];
  const live = fieldsOf(object);
  const still = (name: keyof CanaryFields): Json => (jsonEqual(live[name], shape.after[name]) ? shape.before[name] : live[name]);
  return change(live, { rollingUpdate: still('rollingUpdate'), minReadySeconds: still('minReadySeconds') });
}

const paths = { rollingUpdate: '/spec/strategy/rollingUpdate', minReadySeconds: '/spec/minReadySeconds' } as const;

function change(from: CanaryFields, to: CanaryFields): readonly JsonPatchOp[] {
  return (['rollingUpdate', 'minReadySeconds'] as const).flatMap((name): readonly JsonPatchOp[] => {
    const path = paths[name];
    if (jsonEqual(from[name], to[name])) return [];
    if (from[name] === null) return [{ op: 'add', path, value: to[name] }];
    const test = { op: 'test', path, value: from[name] } as const;
    return [test, to[name] === null ? { op: 'remove', path } : { op: 'replace', path, value: to[name] }];
  });
}

function fieldsOf(object: KubeObject): CanaryFields {
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const strategy = isJsonObject(spec['strategy']) ? spec['strategy'] : {};
  return { rollingUpdate: strategy['rollingUpdate'] ?? null, minReadySeconds: spec['minReadySeconds'] ?? null };
}
