/** A JSON value as it travels: never mutated, unknown members kept. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Members of foreign documents that we do not know stay in it untouched. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Narrows a JSON value to an object (arrays and null are not objects here). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Serialises a JSON value with object members sorted by key (UTF-16 order), without white space.
 * Equal values give equal text on every machine; used for hashes and for comparing specs.
 */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const members = Object.entries(value as JsonObject)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** Whether two JSON values mean the same document (member order does not count). */
export function jsonEqual(a: Json | undefined, b: Json | undefined): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
