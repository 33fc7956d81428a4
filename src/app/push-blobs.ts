import { ChangeoverError } from '../core/error.ts';
import type { BuiltLayer } from '../core/image/built-layer.ts';
import { blobsOf, type Descriptor } from '../core/image/manifest.ts';
import type { Family } from '../core/image/media-types.ts';
import { pinnedManifest } from '../core/image/pinned-manifest.ts';
import { repositoryName, type Repository } from '../core/image/reference.ts';
import { baseLayers, heldBlobs, keptChildren, type SourceImage } from '../core/image/source-image.ts';
import type { TargetImage } from '../core/plan/compose-target.ts';
import type { Registry } from '../ports/registry.ts';
import { allSettled } from './all-settled.ts';
import { pushManifest } from './push-manifest.ts';

/** Blobs that are, or are being, brought to a repository: `registry/path@digest`. Whoever wants one of them waits for it. */
export type PushedBlobs = Map<string, Promise<void>>;

export interface BringOptions {
  readonly agentHome: Repository;
  readonly homes: PushedBlobs;
  /** Nothing of it is expected in the repository. */
  readonly isNew: boolean;
  readonly signal?: AbortSignal;
}

interface Wanted {
  /** The agent layer first. */
  readonly layers: readonly BuiltLayer[];
  readonly repository: Repository;
  readonly family: Family;
}

/** Brings our layers to a repository, each once: the agent's is mounted from its home, others from where they were first sent. */
export async function bringLayers(registry: Registry, { layers, repository, family }: Wanted, options: BringOptions): Promise<void> {
  const [agentLayer, ...others] = layers;
  if (!agentLayer) throw new Error('a target without the agent layer');
  const { agentHome, homes, isNew, signal } = options;
  const abort = signal ? { signal } : {};
  const agent = once(homes, keyOf(repository, agentLayer.digest), async () => {
    await once(homes, `pinned ${keyOf(agentHome, agentLayer.digest)}`, () => settleHome(registry, agentLayer, { agentHome, family, abort }));
    await registry.putBlob(repository, agentLayer, { mountFrom: agentHome, ...abort });
  });
  const rest = [...new Map(others.map((layer) => [layer.digest, layer])).values()].map((layer) => {
    const from = findElsewhere(homes, repository, layer.digest);
    return once(homes, keyOf(repository, layer.digest), async () => {
      const mountFrom = await arrivedIn(from);
      await registry.putBlob(repository, layer, { ...(mountFrom ? { mountFrom } : { isNew }), ...abort });
    });
  });
  await allSettled([agent, ...rest]);
}

/**
 * In another repository of the same registry the source's layers are mounted; their bytes never pass through here. To another registry they are copied, each
 * once, and mounted there from where they were first copied to. An index takes its children for other systems along.
 */
export async function bringBase(registry: Registry, source: SourceImage, target: TargetImage, { homes, signal }: BringOptions): Promise<void> {
  const { root } = target;
  const { repository } = target.reference;
  const from = source.repository;
  if (repository.registry === from.registry && repository.path === from.path) return;
  await bringBlobs(registry, baseLayers(source), { repository, from, homes, signal });
  for (const child of keptChildren(source, root)) {
    const stored = await registry.manifest(from, child.digest, signal);
    if (!stored) continue;
    await bringBlobs(registry, heldBlobs(blobsOf(stored.bytes)), { repository, from, homes, signal });
    await pushManifest(registry, repository, stored, { reference: child.digest, signal });
  }
}

interface Way {
  readonly repository: Repository;
  readonly from: Repository;
  readonly homes: PushedBlobs;
  readonly signal: AbortSignal | undefined;
}

async function bringBlobs(registry: Registry, blobs: readonly Descriptor[], { repository, from, homes, signal }: Way): Promise<void> {
  for (const blob of blobs) {
    if (repository.registry !== from.registry) {
      const elsewhere = findElsewhere(homes, repository, blob.digest);
      await once(homes, keyOf(repository, blob.digest), () => copyBlob(registry, blob, { repository, from, elsewhere, signal }));
    } else if (!(await registry.mountBlob(repository, blob.digest, from, signal))) throw notMounted(repository, blob.digest, from);
  }
}

interface CopyOptions {
  readonly repository: Repository;
  readonly from: Repository;
  /** Another repository of the target's registry that has the blob, or is getting it. */
  readonly elsewhere: Elsewhere | undefined;
  readonly signal: AbortSignal | undefined;
}

async function copyBlob(registry: Registry, blob: Descriptor, { repository, from, elsewhere, signal }: CopyOptions): Promise<void> {
  const mountable = await arrivedIn(elsewhere);
  if (mountable && (await registry.mountBlob(repository, blob.digest, mountable, signal))) return;
  await registry.copyBlob(repository, blob, from, signal);
}

/** Nothing is known any more of what a repository holds. */
export function forgetRepository(homes: PushedBlobs, repository: Repository): void {
  const prefix = `${repository.registry}/${repository.path}@`;
  for (const key of homes.keys()) if (key.startsWith(prefix) || key.startsWith('pinned ')) homes.delete(key);
}

/** Puts the agent layer into its home, referred to by a small manifest that keeps it from being collected as garbage. */
async function settleHome(
  registry: Registry,
  agentLayer: BuiltLayer,
  { agentHome, family, abort }: { readonly agentHome: Repository; readonly family: Family; readonly abort: { readonly signal?: AbortSignal } },
): Promise<void> {
  const pinned = pinnedManifest(agentLayer, family);
  if (await registry.manifest(agentHome, pinned.manifest.digest, abort.signal)) return;
  await registry.putBlob(agentHome, agentLayer, abort);
  await registry.putBlob(agentHome, pinned.config, { isNew: true, ...abort });
  await registry.putManifest(agentHome, pinned.manifest.digest, pinned.manifest, abort.signal);
}

/** A repository of the same registry that has a blob, or is about to. */
interface Elsewhere {
  readonly repository: Repository;
  readonly sent: Promise<void>;
}

function findElsewhere(homes: PushedBlobs, { registry, path }: Repository, digest: string): Elsewhere | undefined {
  for (const [key, sent] of homes) {
    if (!key.startsWith(`${registry}/`) || !key.endsWith(`@${digest}`)) continue;
    const found = key.slice(registry.length + 1, -digest.length - 1);
    return found === path ? undefined : { repository: { registry, path: found }, sent };
  }
  return undefined;
}

/** Where a blob can be mounted from, once it is there; where it did not arrive, it is brought as if it had never been. */
async function arrivedIn(elsewhere: Elsewhere | undefined): Promise<Repository | undefined> {
  return elsewhere?.sent.then(() => elsewhere.repository).catch(() => undefined);
}

/** Does a piece of work once, however many want it; one that failed may be tried again. */
function once(done: PushedBlobs, key: string, work: () => Promise<void>): Promise<void> {
  const known = done.get(key);
  if (known) return known;
  const started = work();
  done.set(key, started);
  started.catch(() => done.get(key) === started && done.delete(key));
  return started;
}

function keyOf({ registry, path }: Repository, digest: string): string {
  return `${registry}/${path}@${digest}`;
}

function notMounted(repository: Repository, digest: string, from: Repository): ChangeoverError {
  const name = repositoryName(repository);
  return new ChangeoverError('refused', `${name} does not have layer ${digest}, and the registry does not mount it from ${repositoryName(from)}`, {
    target: name,
    hint: 'Put the new image into the repository of the old one (spec.image.to, or --to), or allow mounts between the two.',
    rule: 'base-not-mounted',
  });
}
