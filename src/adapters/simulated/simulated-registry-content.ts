import { isJsonObject, type Json } from '../../core/json.ts';
import type { Referrer, RegistryError, StoredManifest } from '../../ports/registry.ts';

/** One repository; blobs and manifests by digest, tags to digests. */
export interface StoredRepository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
}

/** All repositories, by `registry/path`. One that nobody wrote to is there and empty. */
export interface RegistryStore {
  repository(name: string): StoredRepository;
  /** Those whose name begins with `prefix`. */
  repositories(prefix: string): readonly StoredRepository[];
}

/** An empty store. */
export function createRegistryStore(): RegistryStore {
  const repositories = new Map<string, StoredRepository>();
  return {
    repository(name) {
      const stored = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
      repositories.set(name, stored);
      return stored;
    },
    repositories: (prefix) => [...repositories].filter(([name]) => name.startsWith(prefix)).map(([, stored]) => stored),
  };
}

/** Why a registry would not take a manifest: it is not one, or content it names is not there. Undefined = it would. */
export function findMissingContent(bytes: Uint8Array, content: Pick<StoredRepository, 'blobs' | 'manifests'>): RegistryError | undefined {
  const manifest = parse(bytes);
  if (!isJsonObject(manifest)) return { code: 'MANIFEST_INVALID', message: 'manifest invalid', detail: '' };
  const blobs = [manifest['config'], ...listOf(manifest['layers'])].find((descriptor) => isAbsent(descriptor, content.blobs));
  const absent = blobs ?? listOf(manifest['manifests']).find((descriptor) => isAbsent(descriptor, content.manifests));
  return isJsonObject(absent) ? { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry', detail: textOf(absent['digest']) } : undefined;
}

/** The digest of what a manifest refers to. */
export function subjectOf(bytes: Uint8Array): string | undefined {
  const manifest = parse(bytes);
  const subject = isJsonObject(manifest) ? manifest['subject'] : undefined;
  return isJsonObject(subject) ? textOf(subject['digest']) : undefined;
}

/** What refers to a digest. Source: distribution-spec, "Listing Referrers". */
export function findReferrers(digest: string, { manifests }: Pick<StoredRepository, 'manifests'>): readonly Referrer[] {
  return [...manifests.values()].flatMap(({ digest: own, mediaType, bytes }) => {
    const manifest = parse(bytes);
    if (!isJsonObject(manifest) || subjectOf(bytes) !== digest) return [];
    const config = manifest['config'];
    const artifactType = textOf(manifest['artifactType']) || (isJsonObject(config) ? textOf(config['mediaType']) : '');
    return [{ digest: own, mediaType, artifactType, size: bytes.length, annotations: textsOf(manifest['annotations']) }];
  });
}

/** Foreign layers live elsewhere. */
function isAbsent(descriptor: Json | undefined, stored: ReadonlyMap<string, unknown>): boolean {
  if (!isJsonObject(descriptor) || descriptor['urls'] !== undefined || /nondistributable|\.foreign\./.test(textOf(descriptor['mediaType']))) return false;
  return !stored.has(textOf(descriptor['digest']));
}

function textsOf(value: Json | undefined): { readonly [name: string]: string } {
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, textOf(member)])) : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
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
