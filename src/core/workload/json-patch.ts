import type { Json } from '../json.ts';

/** One operation of RFC 6902, the four we use. Paths are JSON Pointers (RFC 6901). */
export type JsonPatchOp =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/** Builds a JSON Pointer from path segments, escaping `~` and `/` (RFC 6901 section 3). */
export function pointer(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
