import { isJsonObject, type Json } from '../../core/json.ts';

/** The text at a path of members, an empty string when there is none. */
export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  let current = value;
  for (const key of path) current = isJsonObject(current) ? current[key] : undefined;
  return typeof current === 'string' ? current : '';
}
