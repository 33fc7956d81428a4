import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** `spec` of an object; empty where there is none. */
export function specOf(object: JsonObject): JsonObject {
  return member(object, 'spec');
}

/** `status` of an object; empty where there is none. */
export function statusOf(object: JsonObject): JsonObject {
  return member(object, 'status');
}

/** An object member of an object; empty where there is none. */
export function member(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/** A condition of an object's status, by type. */
export function conditionOf(object: JsonObject, type: string): JsonObject | undefined {
  const { conditions } = statusOf(object);
  return Array.isArray(conditions) ? conditions.filter(isJsonObject).find((each) => each['type'] === type) : undefined;
}

/** A number, or what stands for it where it is absent. */
export function number(value: Json | undefined, absent = 0): number {
  return typeof value === 'number' ? value : absent;
}

/** A text, empty where it is absent. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Whether two JSON values mean the same; quick where they share parts, as versions of one object do. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item: Json, index) => sameJson(item, b[index] as Json));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  return keys.length === Object.keys(b).filter((key) => b[key] !== undefined).length && keys.every((key) => sameJson(a[key], b[key]));
}
