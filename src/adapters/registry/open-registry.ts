import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Registry } from '../../ports/registry.ts';
import { checkContent, checkedDigest } from './content-digest.ts';
import { copyBlob } from './copy-blob.ts';
import { deleteManifest } from './delete-manifest.ts';
import { listTags } from './list-tags.ts';
import { MAX_MANIFEST, nameOf, readManifest, writeManifest } from './manifests.ts';
import { probeRegistry } from './probe-registry.ts';
import { readBlob, readBlobPart, type BlobRequest } from './read-blob.ts';
import { readReferrers } from './read-referrers.ts';
import { openRegistryClient, type RegistryClient, type RegistryClientOptions } from './registry-client.ts';
import { cancelUpload, hasBlob, mountBlob, startUpload, uploadBlob } from './upload-blob.ts';

/**
 * Registries over HTTP, spoken to by the OCI distribution specification 1.1. Nothing is sent before the first call.
 * Throws `unsupported` or `usage` for an `auth` setting we cannot serve.
 */
export function openRegistry(options: RegistryClientOptions): Registry {
  const client = openRegistryClient(options);
  let layerBytesDown = 0;
  // The agent layer goes to every repository of a fleet: it is hashed once.
  const checked = new WeakMap<Uint8Array, string>();
  const registry: Registry = {
    manifest: (repository, reference, signal) => readManifest(client, { repository, reference, signal }),
    async *blob(repository, digest, signal) {
      for await (const chunk of readBlob(client, blobOf(repository, digest, signal))) {
        layerBytesDown += chunk.length;
        yield chunk;
      }
    },
    async blobPart(repository, digest, range, signal) {
      const part = await readBlobPart(client, blobOf(repository, digest, signal), range);
      layerBytesDown += part?.length ?? 0;
      return part;
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
    hasBlob: async (repository, digest, signal) => hasBlob(client, blobOf(repository, digest, signal)),
    async putBlob(repository, { digest, bytes }, { mountFrom, isNew = false, signal } = {}) {
      if (checked.get(bytes) !== digest) checkContent(bytes, digest, nameOf(repository, digest));
      checked.set(bytes, digest);
      return uploadBlob(client, { repository, digest, bytes, mountFrom, isNew, signal });
    },
    mountBlob: async (repository, digest, from, signal) => mountBlob(client, { ...blobOf(repository, digest, signal), mountFrom: from }),
    copyBlob: async (repository, { digest, size }, from, signal) =>
      copyBlob(client, { ...blobOf(repository, digest, signal), size, read: () => registry.blob(from, digest, signal) }),
    putManifest: (repository, reference, manifest, signal) => writeManifest(client, { repository, reference, ...manifest, signal }),
    tags: (repository, signal) => listTags(client, repository, signal),
    deleteManifest: async (repository, digest, signal) => deleteManifest(client, blobOf(repository, digest, signal)),
    canPush: (repository, signal) => canPush(client, repository, signal),
    referrers: async (repository, digest, signal) => readReferrers(client, blobOf(repository, digest, signal)),
    probe: (repository, probe = {}) => probeRegistry(client, repository, probe),
    traffic: () => ({ ...client.transport.traffic(), layerBytesDown }),
    close: () => client.transport.close(),
  };
  return registry;
}

async function canPush(client: RegistryClient, repository: Repository, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const { location } = await startUpload(client, repository, signal);
    await cancelUpload(client, repository, location, signal);
    return true;
  } catch (error) {
    if (error instanceof ChangeoverError && (error.code === 'denied' || error.code === 'refused')) return false;
    throw error;
  }
}

function blobOf(repository: Repository, digest: string, signal: AbortSignal | undefined): BlobRequest {
  const target = nameOf(repository, digest);
  return { repository, digest: checkedDigest(digest, target), target, signal };
}
