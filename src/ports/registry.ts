import type { Repository } from '../core/image/reference.ts';

export interface StoredManifest {
  /** `sha256:…` of exactly these bytes, checked by the adapter. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Counters since the adapter was made; the cost of a rewrite is a promise we keep and test. */
export interface RegistryTraffic {
  readonly requests: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Bytes downloaded through `blob`: image layers (manifests and configs not counted). */
  readonly layerBytesDown: number;
}

/**
 * One or many OCI distribution registries (the repository names which).
 * Errors (ChangeoverError): `not-found` only where said below, else `denied` (401/403 with the registry's own code and
 * message), `unreachable`, `rate-limited`, `too-large`, `refused` (4xx from the registry's rules: immutable tag, quota,
 * unknown blob), `aborted`. Digests are verified on every download and upload.
 */
export interface Registry {
  /** Undefined when repository or reference does not exist. Body at most 4 MiB. */
  manifest(repository: Repository, reference: string, signal?: AbortSignal): Promise<StoredManifest | undefined>;
  /** Streams a blob; the iterator throws when the bytes do not hash to the digest. Absent blob = `not-found`. */
  blob(repository: Repository, digest: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Reads a small blob whole (an image config, at most 4 MiB); not counted as layer bytes. Absent blob = `not-found`. */
  config(repository: Repository, digest: string, signal?: AbortSignal): Promise<Uint8Array>;
  hasBlob(repository: Repository, digest: string, signal?: AbortSignal): Promise<boolean>;
  /** Uploads unless already there, mounting from `mountFrom` (same registry) when that is given and works. */
  putBlob(
    repository: Repository,
    blob: { readonly digest: string; readonly bytes: Uint8Array },
    options?: { readonly mountFrom?: Repository; readonly signal?: AbortSignal },
  ): Promise<'existed' | 'mounted' | 'uploaded'>;
  /** Makes a blob of `from` exist here too, its bytes not passing through us. False where it is not here and the registry does not mount it. */
  mountBlob(repository: Repository, digest: string, from: Repository, signal?: AbortSignal): Promise<boolean>;
  /** `reference` is a tag or the digest of the bytes. */
  putManifest(
    repository: Repository,
    reference: string,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Whether we could push there: starts an upload session and cancels it; writes nothing. */
  canPush(repository: Repository, signal?: AbortSignal): Promise<boolean>;
  traffic(): RegistryTraffic;
  close(): Promise<void>;
}
