import { createHash } from 'node:crypto';
import type { Registry, StoredManifest } from '../../src/ports/registry.ts';

/** A registry in a few lines, for tests that only need images to exist. */
export function memoryRegistry(): Registry {
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, StoredManifest>();
  const key = (r: { registry: string; path: string }, ref: string): string => `${r.registry}/${r.path} ${ref}`;
  return {
    manifest: async (repository, reference) => manifests.get(key(repository, reference)),
    blob: async function* (_repository, digest) {
      yield blobs.get(digest) ?? new Uint8Array();
    },
    config: async (_repository, digest) => blobs.get(digest) ?? new Uint8Array(),
    hasBlob: async (_repository, digest) => blobs.has(digest),
    putBlob: async (_repository, { digest, bytes }) => {
      const had = blobs.has(digest);
      blobs.set(digest, bytes);
      return had ? 'existed' : 'uploaded';
    },
    putManifest: async (repository, reference, { mediaType, bytes }) => {
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      for (const name of [reference, digest]) manifests.set(key(repository, name), { digest, mediaType, bytes });
    },
    canPush: async () => true,
    traffic: () => ({ requests: 0, bytesDown: 0, bytesUp: 0, layerBytesDown: 0 }),
    close: async () => undefined,
  };
}
