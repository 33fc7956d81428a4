import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './json.ts';

/** sha256 (hex) of a JSON value in canonical form: equal documents have equal hashes. */
export function hashJson(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
