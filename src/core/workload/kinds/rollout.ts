import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Skip } from '../../finding.ts';
import { countOrShare, hasObserved, numberAt, valueAt } from './object-fields.ts';
import type { WorkloadKind } from './workload-kind.ts';

/**
 * argoproj.io/v1alpha1 Rollout: a ReplicaSet per template, moved by its own steps, judged by its own analysis as well. Its
 * word that a change is bad is final; steps that wait for a person are not waited for.
 */
export const rollout: WorkloadKind = {
  resource: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', plural: 'rollouts', namespaced: true },
  revisions: 'ReplicaSet',
  wanted: (object) => numberAt(object, ['spec', 'replicas'], 1),
  updated: (object) => numberAt(object, ['status', 'updatedReplicas'], 0),
  observed: hasObserved,
  paused: (object) => valueAt(object, 'spec', 'paused') === true,
  surge: (object) => {
    const replicas = numberAt(object, ['spec', 'replicas'], 1);
    const blueGreen = valueAt(object, 'spec', 'strategy', 'blueGreen') !== undefined;
    return blueGreen ? replicas : countOrShare(valueAt(object, 'spec', 'strategy', 'canary', 'maxSurge'), replicas, '25%');
  },
  obstacle: findObstacle,
  aborted: (object) => {
    if (valueAt(object, 'status', 'abort') !== true) return undefined;
    const message = valueAt(object, 'status', 'message');
    return typeof message === 'string' ? message : '';
  },
  heldMs: (object) => pausesOf(object).reduce<number>((sum, each) => sum + (each ?? 0), 0),
};

function findObstacle(object: JsonObject): Skip | undefined {
  const reference = valueAt(object, 'spec', 'workloadRef');
  if (isJsonObject(reference))
    return { id: 'deferred', params: { because: 'workload-ref', template: `${textOf(reference['kind'])}/${textOf(reference['name'])}` } };
  if (valueAt(object, 'spec', 'paused') === true) return { id: 'paused', params: {} };
  if (valueAt(object, 'status', 'abort') === true) return { id: 'unhealthy-before', params: { because: 'aborted' } };
  const byHand = pausesOf(object).includes(undefined) || valueAt(object, 'spec', 'strategy', 'blueGreen', 'autoPromotionEnabled') === false;
  return byHand ? { id: 'deferred', params: { because: 'manual-steps' } } : undefined;
}

/** How long each pausing step waits, in milliseconds; undefined = until a person promotes it. */
function pausesOf(object: JsonObject): readonly (number | undefined)[] {
  const steps = valueAt(object, 'spec', 'strategy', 'canary', 'steps');
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: Json) => (isJsonObject(step) && isJsonObject(step['pause']) ? [durationMs(step['pause']['duration'])] : []));
}

/** Seconds as a number or text, or with a unit: `30`, `"30"`, `10m`. */
function durationMs(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value * 1_000;
  const [, amount, unit] = /^([0-9]+)([smh]?)$/.exec(textOf(value)) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * (unit === 'h' ? 3_600_000 : unit === 'm' ? 60_000 : 1_000);
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
