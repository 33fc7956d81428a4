import { isJsonObject, type Json } from '../../../src/core/json.ts';

/** JSON Pointers of the smallest parts in which two values differ. */
export function changedPaths(before: Json | undefined, after: Json | undefined, path = ''): readonly string[] {
  if (before === after) return [];
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changedPaths(before[key], after[key], `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((each: Json, index) => changedPaths(each, after[index] as Json, `${path}/${index}`));
  }
  return [path];
}

/** Every text in a value, however deep. */
export function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((each: Json) => textsIn(each));
  return isJsonObject(value) ? Object.values(value).flatMap((each) => textsIn(each)) : [];
}
