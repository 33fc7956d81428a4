import type { z } from 'zod';
import { ChangeoverError } from '../error.ts';
import { sha256Digest } from './digest.ts';

/** Decodes a manifest or config. Throws `unsupported` unless it is UTF-8 without a byte order mark. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ChangeoverError('unsupported', 'not a UTF-8 document', { target: sha256Digest(bytes), cause });
  }
}

/** Reads the members a schema names from a JSON document; `what` names the document in the `unsupported` error. */
export function readDocument<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string): T {
  const target = sha256Digest(bytes);
  let document: unknown;
  try {
    document = JSON.parse(decodeUtf8(bytes));
  } catch (cause) {
    throw new ChangeoverError('unsupported', `the ${what} is not JSON`, { target, cause });
  }
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ChangeoverError('unsupported', `the ${what} cannot be read at "${issue?.path.join('.')}": ${issue?.message}`, { target });
}
