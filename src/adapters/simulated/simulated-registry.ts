import { ChangeoverError } from '../../core/error.ts';
import { sha256Digest } from '../../core/image/digest.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { HostTraffic, Registry, RegistryError, RegistryRefusal } from '../../ports/registry.ts';
import { createRegistryStore, findMissingContent, findReferrers, type StoredRepository } from './simulated-registry-content.ts';

/** What goes wrong. Places are a registry host, or a host and a repository path (`registry.example.com/team/app`). */
export interface RegistryFaults {
  /** Hosts that do not answer. */
  readonly unreachable?: readonly string[];
  /** Places that cannot be read. */
  readonly pullDenied?: readonly string[];
  /** Places that cannot be written. */
  readonly pushDenied?: readonly string[];
  /** Images that are gone: `registry.example.com/team/app:1.0` or `…@sha256:…`. */
  readonly missing?: readonly string[];
  /** Hosts that answer a mount with an upload session. */
  readonly mountRefused?: readonly string[];
  /** Hosts that delete nothing. */
  readonly deleteRefused?: readonly string[];
  /** Hosts without room for another byte. */
  readonly full?: readonly string[];
}

/** Registries in memory; every host and repository exists and is empty at first. */
export interface SimulatedRegistry extends Registry {
  /** May be replaced at any time. */
  faults: RegistryFaults;
  /** Blobs come and go behind the back of clients: by a push of somebody else, by a garbage collection. */
  seed(repository: Repository, digest: string): void;
  collect(repository: Repository, digest: string): void;
  countManifests(repository: Repository): Promise<number>;
}

const CHUNK = 64 * 1024;
const MAX_MANIFEST = 4 * 1024 * 1024;

/** Registries without a network: the same contract as the real ones, counted as if every request had been sent. */
export function openSimulatedRegistry(faults: RegistryFaults = {}, store = createRegistryStore()): SimulatedRegistry {
  const counted = new Map<string, { requests: number; up: number; down: number }>();
  let layerBytesDown = 0;

  function countOf({ registry: host }: Repository): { requests: number; up: number; down: number } {
    const count = counted.get(host) ?? { requests: 0, up: 0, down: 0 };
    counted.set(host, count);
    return count;
  }

  /** One request to a repository: counted, and refused where a fault says so. */
  function visit(repository: Repository, access: 'pull' | 'push', signal: AbortSignal | undefined): StoredRepository {
    const name = nameOf(repository);
    if (signal?.aborted) throw new ChangeoverError('aborted', 'stopped while talking to a registry', { target: name });
    countOf(repository).requests += 1;
    if (registry.faults.unreachable?.includes(repository.registry)) {
      throw new ChangeoverError('unreachable', `no answer from https://${repository.registry}/v2/`, {
        target: name,
        retryable: true,
        hint: 'Check that this machine reaches the registry.',
      });
    }
    const denied = access === 'pull' ? registry.faults.pullDenied : registry.faults.pushDenied;
    if (denied?.some((place) => place === repository.registry || place === name)) {
      throw new ChangeoverError('denied', `DENIED: ${access} access to the resource is denied (HTTP 403 from ${repository.registry})`, { target: name });
    }
    return store.repository(name);
  }

  function readBlob(repository: Repository, digest: string, signal: AbortSignal | undefined): Uint8Array {
    const bytes = visit(repository, 'pull', signal).blobs.get(digest);
    if (!bytes) throw new ChangeoverError('not-found', 'the registry does not have this blob', { target: `${nameOf(repository)}@${digest}` });
    return bytes;
  }

  function findMountable(from: Repository, digest: string): Uint8Array | undefined {
    return registry.faults.mountRefused?.includes(from.registry) ? undefined : store.repository(nameOf(from)).blobs.get(digest);
  }

  const registry: SimulatedRegistry = {
    faults,
    seed: (repository, digest) => void store.repository(nameOf(repository)).blobs.set(digest, new Uint8Array()),
    collect: (repository, digest) => void store.repository(nameOf(repository)).blobs.delete(digest),
    countManifests: async (repository) => store.repository(nameOf(repository)).manifests.size,
    async manifest(repository, reference, signal) {
      const stored = visit(repository, 'pull', signal);
      const digest = reference.includes(':') ? reference : stored.tags.get(reference);
      const manifest = digest === undefined ? undefined : stored.manifests.get(digest);
      const names = [targetOf(repository, reference), ...(digest === undefined ? [] : [targetOf(repository, digest)])];
      if (!manifest || registry.faults.missing?.some((image) => names.includes(image))) return undefined;
      countOf(repository).down += manifest.bytes.length;
      return manifest;
    },
    async *blob(repository, digest, signal) {
      const bytes = readBlob(repository, digest, signal);
      for (let at = 0; at < bytes.length; at += CHUNK) {
        if (signal?.aborted) throw new ChangeoverError('aborted', 'stopped while talking to a registry', { target: nameOf(repository) });
        const chunk = bytes.subarray(at, at + CHUNK);
        countOf(repository).down += chunk.length;
        layerBytesDown += chunk.length;
        yield chunk;
      }
    },
    async blobPart(repository, digest, { from, to }, signal) {
      const bytes = readBlob(repository, digest, signal);
      if (to > bytes.length) return undefined;
      countOf(repository).down += to - from;
      layerBytesDown += to - from;
      return bytes.subarray(from, to);
    },
    async config(repository, digest, signal) {
      const bytes = readBlob(repository, digest, signal);
      if (bytes.length > MAX_MANIFEST) throw tooLarge(repository, digest);
      countOf(repository).down += bytes.length;
      return bytes;
    },
    hasBlob: async (repository, digest, signal) => visit(repository, 'pull', signal).blobs.has(digest),
    async putBlob(repository, { digest, bytes }, { mountFrom, isNew = false, signal } = {}) {
      checkContent(bytes, digest, repository);
      const stored = visit(repository, 'push', signal);
      const other = mountFrom?.registry === repository.registry && mountFrom.path !== repository.path ? mountFrom : undefined;
      const source = other && findMountable(other, digest);
      if (!source && !isNew && stored.blobs.has(digest)) return 'existed';
      if (!source && registry.faults.full?.includes(repository.registry)) throw noRoom(repository);
      stored.blobs.set(digest, source ?? Uint8Array.from(bytes));
      if (source) return 'mounted';
      countOf(repository).requests += other ? 1 : 2;
      countOf(repository).up += bytes.length;
      return 'uploaded';
    },
    async mountBlob(repository, digest, from, signal) {
      const { blobs } = visit(repository, 'push', signal);
      const source = from.registry === repository.registry ? findMountable(from, digest) : undefined;
      if (source) blobs.set(digest, source);
      else countOf(repository).requests += 1;
      return blobs.has(digest);
    },
    async copyBlob(repository, { digest, size }, from, signal) {
      const { blobs } = visit(repository, 'push', signal);
      if (blobs.has(digest)) return 'existed';
      const parts: Uint8Array[] = [];
      for await (const part of registry.blob(from, digest, signal)) parts.push(part);
      const bytes = Buffer.concat(parts);
      checkContent(bytes, digest, from);
      if (bytes.length !== size) throw new ChangeoverError('refused', `the layer ${digest} does not have the ${size} bytes that its manifest says`);
      if (registry.faults.full?.includes(repository.registry)) throw noRoom(repository);
      blobs.set(digest, Uint8Array.from(bytes));
      countOf(repository).requests += 2;
      countOf(repository).up += size;
      return 'copied';
    },
    async putManifest(repository, reference, { mediaType, bytes }, signal) {
      const target = targetOf(repository, reference);
      if (bytes.length > MAX_MANIFEST) throw tooLarge(repository, reference);
      if (reference.includes(':')) checkContent(bytes, reference, repository);
      const stored = visit(repository, 'push', signal);
      countOf(repository).up += bytes.length;
      const missing = findMissingContent(bytes, stored);
      if (missing) throw refusal(missing, repository, target);
      const digest = sha256Digest(bytes);
      stored.manifests.set(digest, { digest, mediaType, bytes: Uint8Array.from(bytes) });
      if (!reference.includes(':')) stored.tags.set(reference, digest);
    },
    tags: async (repository, signal) => [...visit(repository, 'pull', signal).tags.keys()],
    async deleteManifest(repository, digest, signal) {
      const stored = visit(repository, 'push', signal);
      const target = targetOf(repository, digest);
      if (registry.faults.deleteRefused?.includes(repository.registry)) {
        throw new ChangeoverError('refused', `deleting the manifest failed: UNSUPPORTED (HTTP 405 from ${repository.registry})`, { target });
      }
      for (const [tag, tagged] of stored.tags) if (tagged === digest) stored.tags.delete(tag);
      return stored.manifests.delete(digest);
    },
    async canPush(repository, signal) {
      try {
        visit(repository, 'push', signal);
        countOf(repository).requests += 1;
        return true;
      } catch (error) {
        if (error instanceof ChangeoverError && error.code === 'denied') return false;
        throw error;
      }
    },
    referrers: async (repository, digest, signal) => findReferrers(digest, visit(repository, 'pull', signal)),
    async probe(repository, { mount, signal } = {}) {
      const mounted = mount && (await registry.mountBlob(repository, mount.digest, mount.from, signal));
      const able = (await registry.canPush(repository, signal)) ? 'yes' : 'unknown';
      const kept = { immutableTags: 'unknown', retention: 'unknown', quota: undefined } as const;
      return { product: 'simulated', mount: mounted === undefined ? 'unknown' : mounted ? 'yes' : 'no', chunks: able, referrers: 'yes', delete: 'no', ...kept };
    },
    traffic: () => {
      const total = (of: keyof HostTraffic): number => [...counted.values()].reduce((sum, each) => sum + each[of], 0);
      const hosts = Object.fromEntries([...counted].map(([host, each]) => [host, { ...each }]));
      return { requests: total('requests'), bytesDown: total('down'), bytesUp: total('up'), layerBytesDown, hosts };
    },
    close: async () => undefined,
  };
  return registry;
}

function checkContent(bytes: Uint8Array, digest: string, repository: Repository): void {
  const found = sha256Digest(bytes);
  if (found !== digest)
    throw new ChangeoverError('refused', `the content is not what its digest says: expected ${digest}, found ${found}`, {
      target: targetOf(repository, digest),
    });
}

function refusal(error: RegistryError, { registry }: Repository, target: string): ChangeoverError {
  const { code, message, detail } = error;
  const said = `${code}: ${message}${detail === '' ? '' : ` (${detail})`}`;
  const cause: RegistryRefusal = { errors: [error] };
  return new ChangeoverError('refused', `writing the manifest failed: ${said} (HTTP 400 from ${registry})`, { target, cause });
}

function noRoom(repository: Repository): ChangeoverError {
  const cause: RegistryRefusal = { errors: [{ code: 'DENIED', message: 'quota exceeded', detail: '' }] };
  return new ChangeoverError('refused', `upload failed: DENIED: quota exceeded (HTTP 413 from ${repository.registry})`, { target: nameOf(repository), cause });
}

function tooLarge(repository: Repository, reference: string): ChangeoverError {
  return new ChangeoverError('too-large', `larger than ${MAX_MANIFEST} bytes`, { target: targetOf(repository, reference) });
}

function nameOf(repository: Repository): string {
  return `${repository.registry}/${repository.path}`;
}

function targetOf(repository: Repository, reference: string): string {
  return `${nameOf(repository)}${reference.includes(':') ? '@' : ':'}${reference}`;
}
