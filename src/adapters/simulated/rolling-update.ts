import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { member, number, specOf } from './object-parts.ts';

/** What the arithmetic of a rollout needs of one ReplicaSet. */
export interface SetCount {
  readonly name: string;
  /** `spec.replicas`. */
  readonly wanted: number;
  readonly available: number;
}

export interface RolloutBounds {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Bounds of a Deployment's rolling update: percentages round up for surge and down for unavailable; both 0 = one unavailable. */
export function rolloutBounds(deployment: KubeObject): RolloutBounds {
  const replicas = number(specOf(deployment)['replicas'], 1);
  const rolling = member(member(specOf(deployment), 'strategy'), 'rollingUpdate');
  const maxSurge = resolve(rolling['maxSurge'], replicas, Math.ceil);
  const unavailable = resolve(rolling['maxUnavailable'], replicas, Math.floor);
  const maxUnavailable = Math.min(replicas, maxSurge === 0 && unavailable === 0 ? 1 : unavailable);
  return { replicas, maxSurge, maxUnavailable };
}

/** How many replicas the new ReplicaSet gets in the next step. */
export function nextNewReplicas(bounds: RolloutBounds, newSet: SetCount, oldSets: readonly SetCount[]): number {
  if (newSet.wanted >= bounds.replicas) return bounds.replicas;
  const total = sum([newSet, ...oldSets], (set) => set.wanted);
  const room = bounds.replicas + bounds.maxSurge - total;
  return room <= 0 ? newSet.wanted : newSet.wanted + Math.min(room, bounds.replicas - newSet.wanted);
}

/**
 * Replicas of the old ReplicaSets (oldest first) after the next step: unhealthy old pods go first, and never so many that
 * fewer than `replicas - maxUnavailable` pods are available.
 */
export function nextOldReplicas(bounds: RolloutBounds, newSet: SetCount, oldSets: readonly SetCount[]): ReadonlyMap<string, number> {
  const next = new Map(oldSets.map((set) => [set.name, set.wanted]));
  const minAvailable = bounds.replicas - bounds.maxUnavailable;
  let cleanup = sum([newSet, ...oldSets], (set) => set.wanted) - minAvailable - (newSet.wanted - newSet.available);
  if (cleanup <= 0) return next;
  for (const set of oldSets) {
    const unhealthy = Math.min(cleanup, Math.max(0, set.wanted - set.available));
    next.set(set.name, set.wanted - unhealthy);
    cleanup -= unhealthy;
  }
  let spare = sum([newSet, ...oldSets], (set) => set.available) - minAvailable;
  for (const set of oldSets) {
    const wanted = next.get(set.name) ?? 0;
    const less = Math.min(wanted, Math.max(0, spare));
    next.set(set.name, wanted - less);
    spare -= less;
  }
  return next;
}

function resolve(value: Json | undefined, replicas: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' && value.endsWith('%') ? Number(value.slice(0, -1)) : 25;
  return round((replicas * percent) / 100);
}

function sum(sets: readonly SetCount[], of: (set: SetCount) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}
