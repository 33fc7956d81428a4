import { isJsonObject, type Json, type JsonObject } from '../../json.ts';

/** A nested member; undefined where a step of the way is no mapping. */
export function valueAt(object: JsonObject, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const name of path) value = isJsonObject(value) ? value[name] : undefined;
  return value;
}

/** A nested number, or what stands for it where it is absent. */
export function numberAt(object: JsonObject, path: readonly string[], absent: number): number {
  const value = valueAt(object, ...path);
  return typeof value === 'number' ? value : absent;
}

/** A number of pods or a share of `total`, rounded up, as surges are; `absent` stands for what is not set. */
export function countOrShare(value: Json | undefined, total: number, absent: number | string): number {
  const set = value ?? absent;
  if (typeof set === 'number') return set;
  const share = typeof set === 'string' ? Number.parseInt(set, 10) : Number.NaN;
  return Number.isNaN(share) ? 0 : Math.ceil((total * share) / 100);
}

/** Whether `status.observedGeneration` has come up to `metadata.generation`; Argo Rollouts writes it as text. */
export function hasObserved(object: JsonObject): boolean {
  const generation = numberAt(object, ['metadata', 'generation'], 0);
  return Number(valueAt(object, 'status', 'observedGeneration') ?? 0) >= generation;
}
