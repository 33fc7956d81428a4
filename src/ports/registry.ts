import type { Repository } from '../core/image/reference.ts';

export interface StoredManifest {
  /** Of exactly these bytes, checked by the adapter: `sha256:…`, or `sha512:…` when it was asked for by such a digest. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What went to and came from one host. Bytes are those of bodies. */
export interface HostTraffic {
  readonly requests: number;
  readonly up: number;
  readonly down: number;
}

/** Counters since the adapter was made; the cost of a rewrite is a promise we keep and test. */
export interface RegistryTraffic {
  readonly requests: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Bytes downloaded through `blob`, `blobPart` and `copyBlob`: image layers (manifests and configs not counted). */
  readonly layerBytesDown: number;
  /** By host with port; a host that a registry sends us to for its blobs counts by its own name. */
  readonly hosts: { readonly [host: string]: HostTraffic };
}

/** One error of a registry's answer, cut to a bounded length. Source: distribution-spec, "Error Codes". */
export interface RegistryError {
  /** `MANIFEST_BLOB_UNKNOWN`, `DENIED`, …; registries have codes of their own too. */
  readonly code: string;
  readonly message: string;
  /** As text: JSON where it was more than that. */
  readonly detail: string;
}

/** The `cause` of a ChangeoverError that stands for a registry's own refusal. */
export interface RegistryRefusal {
  readonly errors: readonly RegistryError[];
}

/** Something that refers to an image: a signature, an SBOM, an attestation. */
export interface Referrer {
  readonly digest: string;
  readonly mediaType: string;
  /** What it is, such as `application/vnd.dev.cosign.artifact.sig.v1+json`; empty when its manifest does not say. */
  readonly artifactType: string;
  readonly size: number;
  readonly annotations: { readonly [name: string]: string };
}

/** `unknown` = neither shown nor denied by what could be asked without changing anything. */
export type Ability = 'yes' | 'no' | 'unknown';

/** What a registry can do in one repository, and what its own API says about rules over it. */
export interface RegistryAbilities {
  /** The software, where it tells: `Harbor v2.11.0`. */
  readonly product: string;
  /** Blobs of another repository of it appear here without being sent. */
  readonly mount: Ability;
  /** Blobs may come in pieces, so that a broken upload goes on where it stopped. */
  readonly chunks: Ability;
  /** The referrers API; without it, referrers are found by a tag. */
  readonly referrers: Ability;
  /** Manifests can be deleted, by us. */
  readonly delete: Ability;
  /** `yes` = a rule forbids to overwrite some tags here. */
  readonly immutableTags: Ability;
  /** `yes` = a rule deletes images here in time, which could take the way back. */
  readonly retention: Ability;
  /** Bytes in use and allowed; undefined = no limit, or none that is told. */
  readonly quota: { readonly used: number; readonly limit: number } | undefined;
}

export interface ProbeOptions {
  /** A blob that may be mounted into the repository to see whether mounts work: one that will be wanted there anyway. Left out = `mount` is unknown. */
  readonly mount?: { readonly from: Repository; readonly digest: string };
  readonly signal?: AbortSignal;
}

/**
 * One or many OCI distribution registries (the repository names which).
 * Errors (ChangeoverError): `not-found` only where said below, else `denied` (401/403 with the registry's own code and
 * message), `unreachable`, `rate-limited`, `too-large`, `refused` (4xx from the registry's rules: immutable tag, quota,
 * unknown blob), `aborted`. What the registry itself said is the error's `cause`, a RegistryRefusal. Digests (sha256, sha512) are verified on every download and upload.
 */
export interface Registry {
  /** Undefined when repository or reference does not exist. Body at most 4 MiB. */
  manifest(repository: Repository, reference: string, signal?: AbortSignal): Promise<StoredManifest | undefined>;
  /** Streams a blob; the iterator throws when the bytes do not hash to the digest. Absent blob = `not-found`. */
  blob(repository: Repository, digest: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * The bytes `from` up to, not including, `to` of a blob; undefined where the registry gives no parts. The blob's digest cannot prove them: who asks
   * must know what they are. Absent blob = `not-found`.
   */
  blobPart(
    repository: Repository,
    digest: string,
    range: { readonly from: number; readonly to: number },
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined>;
  /** Reads a small blob whole (an image config, at most 4 MiB); not counted as layer bytes. Absent blob = `not-found`. */
  config(repository: Repository, digest: string, signal?: AbortSignal): Promise<Uint8Array>;
  hasBlob(repository: Repository, digest: string, signal?: AbortSignal): Promise<boolean>;
  /**
   * Uploads unless already there, mounting from `mountFrom` (same registry) when that is given and works. `isNew` = it is most likely not there:
   * nobody asks first; sending it again does no harm.
   */
  putBlob(
    repository: Repository,
    blob: { readonly digest: string; readonly bytes: Uint8Array },
    options?: { readonly mountFrom?: Repository; readonly isNew?: boolean; readonly signal?: AbortSignal },
  ): Promise<'existed' | 'mounted' | 'uploaded'>;
  /** Makes a blob of `from` exist here too, its bytes not passing through us. False where it is not here and the registry does not mount it. */
  mountBlob(repository: Repository, digest: string, from: Repository, signal?: AbortSignal): Promise<boolean>;
  /**
   * Makes a blob of `from`, on another registry, exist here too: its bytes, `size` of them, pass through us as they come, never all at once. `refused` where they are
   * not what digest and size say: then nothing of it is stored.
   */
  copyBlob(
    repository: Repository,
    blob: { readonly digest: string; readonly size: number },
    from: Repository,
    signal?: AbortSignal,
  ): Promise<'existed' | 'copied'>;
  /** `reference` is a tag or the digest of the bytes. */
  putManifest(
    repository: Repository,
    reference: string,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Every tag of a repository, in no order; undefined when the repository does not exist. `too-large` above 20,000. */
  tags(repository: Repository, signal?: AbortSignal): Promise<readonly string[] | undefined>;
  /** Deletes a manifest by its digest, with every tag that points at it. False when it was not there. `denied` or `refused` where that is not allowed. */
  deleteManifest(repository: Repository, digest: string, signal?: AbortSignal): Promise<boolean>;
  /** Whether we could push there: starts an upload session and cancels it; writes nothing. */
  canPush(repository: Repository, signal?: AbortSignal): Promise<boolean>;
  /** What refers to a manifest, by the referrers API or, where there is none, the tag that stands in for it. Empty when the manifest is unknown. */
  referrers(repository: Repository, digest: string, signal?: AbortSignal): Promise<readonly Referrer[]>;
  /** Asks what the registry can do there. Upload sessions it opens are given back; no manifest, tag or rule is touched. */
  probe(repository: Repository, options?: ProbeOptions): Promise<RegistryAbilities>;
  traffic(): RegistryTraffic;
  close(): Promise<void>;
}
