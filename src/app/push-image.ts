import { ChangeoverError } from '../core/error.ts';
import type { BuiltLayer } from '../core/image/built-layer.ts';
import type { Family } from '../core/image/media-types.ts';
import { pinnedManifest } from '../core/image/pinned-manifest.ts';
import { formatReference, repositoryName, type ImageReference, type Repository } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { TargetImage } from '../core/plan/compose-target.ts';
import type { Registry } from '../ports/registry.ts';

export interface PushOptions {
  /** Where the shared agent layer has its home on this registry; other repositories mount it from there. */
  readonly agentHome: Repository;
  /** Uploads to homes that are under way or done, by repository: workloads prepared side by side share one. */
  readonly homes: Map<string, Promise<void>>;
  readonly signal?: AbortSignal;
}

/**
 * Pushes a composed image: what is already there is not sent again, blobs come before the manifest, the tag comes last.
 * A tag that exists with other content is never overwritten (`refused`). Returns how it went.
 */
export async function pushImage(registry: Registry, source: SourceImage, target: TargetImage, options: PushOptions): Promise<'existed' | 'pushed'> {
  const { repository, tag } = target.reference;
  const { signal } = options;
  const tagged = await registry.manifest(repository, tag, signal);
  if (tagged?.digest === target.root.digest) return 'existed';
  if (tagged) throw tagTaken(target.reference, tagged.digest);
  await bringBase(registry, source, repository, signal);
  await bringLayers(registry, source, target, options);
  for (const platform of target.platforms) {
    await registry.putBlob(repository, { digest: platform.configDigest, bytes: platform.config }, signal ? { signal } : {});
    if (platform.manifestDigest !== target.root.digest)
      await registry.putManifest(repository, platform.manifestDigest, { mediaType: platform.mediaType, bytes: platform.manifest }, signal);
  }
  await registry.putManifest(repository, target.root.digest, target.root, signal);
  await registry.putManifest(repository, tag, target.root, signal);
  return 'pushed';
}

async function bringLayers(registry: Registry, source: SourceImage, target: TargetImage, options: PushOptions): Promise<void> {
  const { agentHome, signal } = options;
  const { repository } = target.reference;
  const [agentLayer, ...pathLayers] = target.layers;
  if (!agentLayer) throw new Error('a target without the agent layer');
  const abort = signal ? { signal } : {};
  const key = `${repositoryName(agentHome)}@${agentLayer.digest}`;
  const settled = options.homes.get(key) ?? settleHome(registry, agentLayer, { ...options, family: source.platforms[0].parsed.family });
  options.homes.set(key, settled);
  await settled.catch((error: unknown) => {
    options.homes.delete(key);
    throw error;
  });
  await registry.putBlob(repository, agentLayer, { mountFrom: agentHome, ...abort });
  for (const layer of pathLayers) await registry.putBlob(repository, layer, abort);
}

/** Puts the agent layer into its home, referred to by a small manifest that keeps it from being collected as garbage. */
async function settleHome(registry: Registry, agentLayer: BuiltLayer, options: PushOptions & { readonly family: Family }): Promise<void> {
  const { agentHome, signal } = options;
  const abort = signal ? { signal } : {};
  const pinned = pinnedManifest(agentLayer, options.family);
  if (await registry.manifest(agentHome, pinned.manifest.digest, signal)) return;
  await registry.putBlob(agentHome, agentLayer, abort);
  await registry.putBlob(agentHome, pinned.config, abort);
  await registry.putManifest(agentHome, pinned.manifest.digest, pinned.manifest, signal);
}

/** In another repository of the same registry the source's layers are mounted; their bytes never pass through here. */
async function bringBase(registry: Registry, source: SourceImage, repository: Repository, signal: AbortSignal | undefined): Promise<void> {
  if (repository.registry === source.repository.registry && repository.path === source.repository.path) return;
  const layers = new Set(
    source.platforms.flatMap((platform) => platform.parsed.layers.filter((layer) => !isForeign(layer.mediaType)).map((layer) => layer.digest)),
  );
  for (const digest of layers) {
    if (!(await registry.mountBlob(repository, digest, source.repository, signal))) throw notMounted(repository, digest, source.repository);
  }
}

/** Layers that may not be distributed stay where their URLs say; no registry holds or mounts them. */
function isForeign(mediaType: string): boolean {
  return mediaType.includes('nondistributable') || mediaType.includes('.foreign.');
}

function notMounted(repository: Repository, digest: string, from: Repository): ChangeoverError {
  const name = repositoryName(repository);
  return new ChangeoverError('refused', `${name} does not have layer ${digest}, and the registry does not mount it from ${repositoryName(from)}`, {
    target: name,
    hint: 'Put the new image into the repository of the old one (spec.image.to, or --to), or allow mounts between the two.',
  });
}

/** A tag is there with other content, and is never overwritten. */
export function tagTaken(reference: ImageReference, digest: string): ChangeoverError {
  return new ChangeoverError('refused', `the tag exists with other content (${digest})`, {
    target: formatReference(reference),
    hint: 'A tag is never overwritten: choose another one (spec.image.to, or --to).',
  });
}
