import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** What a repository holds, by digest. */
export interface RepositoryContent {
  readonly blobs: ReadonlyMap<string, unknown>;
  readonly manifests: ReadonlyMap<string, unknown>;
}

/** Why a registry would not take a manifest: it is not one, or content it names is not there. Undefined = it would. */
export function findMissingContent(bytes: Uint8Array, content: RepositoryContent): string | undefined {
  const manifest = parse(bytes);
  if (!isJsonObject(manifest)) return 'MANIFEST_INVALID: manifest invalid';
  const blobs = [manifest['config'], ...listOf(manifest['layers'])].find((descriptor) => isAbsent(descriptor, content.blobs));
  const absent = blobs ?? listOf(manifest['manifests']).find((descriptor) => isAbsent(descriptor, content.manifests));
  return isJsonObject(absent) ? `MANIFEST_BLOB_UNKNOWN: blob unknown to registry (${digestOf(absent)})` : undefined;
}

/** Foreign layers (with `urls`) live elsewhere. */
function isAbsent(descriptor: Json | undefined, stored: ReadonlyMap<string, unknown>): boolean {
  return isJsonObject(descriptor) && descriptor['urls'] === undefined && !stored.has(digestOf(descriptor));
}

function digestOf(descriptor: JsonObject): string {
  return typeof descriptor['digest'] === 'string' ? descriptor['digest'] : '';
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function parse(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}
