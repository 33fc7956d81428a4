import { ChangeoverError } from '../../core/error.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import { mediaTypes } from '../../core/image/media-types.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Registry, StoredManifest } from '../../ports/registry.ts';
import { readBlob, type BlobRequest } from './read-blob.ts';
import { readBytes } from './read-body.ts';
import { corruptContent } from './registry-error.ts';
import { openRegistryClient, type RegistryClient, type RegistryClientOptions } from './registry-client.ts';
import { parseManifestType } from './schema.ts';
import { cancelUpload, hasBlob, mountBlob, startUpload, uploadBlob } from './upload-blob.ts';

const MAX_MANIFEST = 4 * 1024 * 1024;
const MANIFEST_TYPES = [mediaTypes.oci.index, mediaTypes.oci.manifest, mediaTypes.docker.index, mediaTypes.docker.manifest].join(', ');
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Registries over HTTP, spoken to by the OCI distribution specification 1.1. Nothing is sent before the first call.
 * Throws `unsupported` or `usage` for an `auth` setting we cannot serve.
 */
export function openRegistry(options: RegistryClientOptions): Registry {
  const client = openRegistryClient(options);
  let layerBytesDown = 0;
  return {
    manifest: (repository, reference, signal) => readManifest(client, repository, { reference, signal }),
    async *blob(repository, digest, signal) {
      for await (const chunk of readBlob(client, blobOf(repository, digest, signal))) {
        layerBytesDown += chunk.length;
        yield chunk;
      }
    },
    async config(repository, digest, signal) {
      const parts: Uint8Array[] = [];
      let length = 0;
      for await (const part of readBlob(client, blobOf(repository, digest, signal))) {
        length += part.length;
        if (length > MAX_MANIFEST)
          throw new ChangeoverError('too-large', `the image config is larger than ${MAX_MANIFEST} bytes`, { target: nameOf(repository, digest) });
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
    hasBlob: async (repository, digest, signal) => hasBlob(client, { repository, digest: checkedDigest(digest, repository), signal }),
    async putBlob(repository, { digest, bytes }, { mountFrom, signal } = {}) {
      checkContent(bytes, checkedDigest(digest, repository), repository);
      return uploadBlob(client, { repository, digest, bytes, mountFrom, signal });
    },
    mountBlob: async (repository, digest, from, signal) =>
      mountBlob(client, { repository, digest: checkedDigest(digest, repository), mountFrom: from, signal }),
    putManifest: (repository, reference, manifest, signal) => writeManifest(client, repository, { ...manifest, reference, signal }),
    canPush: (repository, signal) => canPush(client, repository, signal),
    traffic: () => ({ ...client.transport.traffic(), layerBytesDown }),
    close: () => client.transport.close(),
  };
}

interface Read {
  readonly reference: string;
  readonly signal: AbortSignal | undefined;
}

async function readManifest(client: RegistryClient, repository: Repository, { reference, signal }: Read): Promise<StoredManifest | undefined> {
  const target = nameOf(repository, reference);
  const call = { method: 'GET', repository, to: `manifests/${reference}`, access: 'pull', headers: { accept: MANIFEST_TYPES }, accept: [200, 404] } as const;
  const reply = await client.call({ ...call, action: 'reading the manifest', target, signal });
  if (reply.status === 404) {
    await reply.discard();
    return undefined;
  }
  const bytes = await readBytes(reply, MAX_MANIFEST, target);
  const digest = sha256Digest(bytes);
  const stated = reference.includes(':') ? reference : reply.headers['docker-content-digest'];
  if (stated?.startsWith('sha256:') && stated !== digest) throw corruptContent(stated, digest, target);
  const type = reply.headers['content-type']?.split(';')[0]?.trim() ?? '';
  return { digest, mediaType: /manifest|index/.test(type) ? type : (parseManifestType(bytes) ?? type), bytes };
}

interface Write {
  readonly reference: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

async function writeManifest(client: RegistryClient, repository: Repository, { reference, mediaType, bytes, signal }: Write): Promise<void> {
  const target = nameOf(repository, reference);
  if (bytes.length > MAX_MANIFEST) throw new ChangeoverError('too-large', `the manifest is larger than ${MAX_MANIFEST} bytes`, { target });
  if (reference.includes(':')) checkContent(bytes, checkedDigest(reference, repository), repository);
  const call = {
    method: 'PUT',
    repository,
    to: `manifests/${reference}`,
    access: 'pull,push',
    accept: [200, 201],
    action: 'writing the manifest',
    target,
    signal,
  } as const;
  const reply = await client.call({ ...call, headers: { 'content-type': mediaType }, body: bytes });
  await reply.discard();
  const stored = reply.headers['docker-content-digest'];
  if (stored?.startsWith('sha256:') && stored !== sha256Digest(bytes)) throw corruptContent(sha256Digest(bytes), stored, target);
}

async function canPush(client: RegistryClient, repository: Repository, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const session = await startUpload(client, repository, signal);
    await cancelUpload(client, repository, session, signal);
    return true;
  } catch (error) {
    if (error instanceof ChangeoverError && (error.code === 'denied' || error.code === 'refused')) return false;
    throw error;
  }
}

function blobOf(repository: Repository, digest: string, signal: AbortSignal | undefined): BlobRequest {
  return { repository, digest: checkedDigest(digest, repository), target: nameOf(repository, digest), signal };
}

function checkedDigest(digest: string, repository: Repository): string {
  if (DIGEST.test(digest)) return digest;
  throw new ChangeoverError('unsupported', `"${digest}" is not a sha256 digest`, { target: `${repository.registry}/${repository.path}` });
}

function checkContent(bytes: Uint8Array, digest: string, repository: Repository): void {
  const found = sha256Digest(bytes);
  if (found !== digest) throw corruptContent(digest, found, nameOf(repository, digest));
}

function nameOf(repository: Repository, reference: string): string {
  return `${repository.registry}/${repository.path}${reference.includes(':') ? '@' : ':'}${reference}`;
}
