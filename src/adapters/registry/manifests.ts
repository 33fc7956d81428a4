import { ChangeoverError } from '../../core/error.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import { mediaTypes } from '../../core/image/media-types.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { StoredManifest } from '../../ports/registry.ts';
import { checkContent, isDigest } from './content-digest.ts';
import { askUntilWhole, readBytes } from './read-body.ts';
import type { RegistryClient } from './registry-client.ts';
import { parseManifestType } from './schema.ts';

/** The largest manifest, config or list of referrers, in bytes. */
export const MAX_MANIFEST = 4 * 1024 * 1024;
const MANIFEST_TYPES = [mediaTypes.oci.index, mediaTypes.oci.manifest, mediaTypes.docker.index, mediaTypes.docker.manifest].join(', ');

export interface ManifestRead {
  readonly repository: Repository;
  readonly reference: string;
  readonly signal: AbortSignal | undefined;
}

/** Reads a manifest; undefined when it is not there. The bytes are checked against the digest they were asked by, else the one the server states. */
export function readManifest(client: RegistryClient, read: ManifestRead): Promise<StoredManifest | undefined> {
  return askUntilWhole(() => readOnce(client, read));
}

async function readOnce(client: RegistryClient, { repository, reference, signal }: ManifestRead): Promise<StoredManifest | undefined> {
  const target = nameOf(repository, reference);
  const call = { method: 'GET', repository, to: `manifests/${reference}`, access: 'pull', headers: { accept: MANIFEST_TYPES }, accept: [200, 404] } as const;
  const reply = await client.call({ ...call, action: 'reading the manifest', target, signal });
  if (reply.status === 404) {
    await reply.discard();
    return undefined;
  }
  const bytes = await readBytes(reply, MAX_MANIFEST, target);
  const stated = reference.includes(':') ? reference : (reply.headers['docker-content-digest'] ?? '');
  if (isDigest(stated) || reference.includes(':')) checkContent(bytes, stated, target);
  const type = reply.headers['content-type']?.split(';')[0]?.trim() ?? '';
  return {
    digest: reference.includes(':') ? reference : sha256Digest(bytes),
    mediaType: /manifest|index/.test(type) ? type : (parseManifestType(bytes) ?? type),
    bytes,
  };
}

export interface ManifestWrite extends ManifestRead {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Writes a manifest under a tag or its digest. Throws `refused` when the registry says it stored something else. */
export async function writeManifest(client: RegistryClient, { repository, reference, mediaType, bytes, signal }: ManifestWrite): Promise<void> {
  const target = nameOf(repository, reference);
  if (bytes.length > MAX_MANIFEST) throw new ChangeoverError('too-large', `the manifest is larger than ${MAX_MANIFEST} bytes`, { target });
  if (reference.includes(':')) checkContent(bytes, reference, target);
  const call = { method: 'PUT', repository, to: `manifests/${reference}`, access: 'pull,push', accept: [200, 201], action: 'writing the manifest' } as const;
  const reply = await client.call({ ...call, target, signal, headers: { 'content-type': mediaType }, body: bytes });
  await reply.discard();
  const stored = reply.headers['docker-content-digest'] ?? '';
  if (isDigest(stored)) checkContent(bytes, stored, target);
}

/** `registry/repository:tag` or `registry/repository@digest`. */
export function nameOf(repository: Repository, reference: string): string {
  return `${repository.registry}/${repository.path}${reference.includes(':') ? '@' : ':'}${reference}`;
}
