import { ChangeoverError } from '../core/error.ts';
import { formatReference, repositoryName, type ImageReference, type Repository } from '../core/image/reference.ts';
import type { RewrittenImage } from '../core/image/rewrite-image.ts';
import type { RawManifest, SourceImage } from '../core/image/source-image.ts';
import type { TargetImage } from '../core/plan/compose-target.ts';
import type { Registry } from '../ports/registry.ts';
import { allSettled } from './all-settled.ts';
import { bringBase, bringLayers, forgetRepository, type PushedBlobs } from './push-blobs.ts';
import { lacksBlob, pushManifest } from './push-manifest.ts';
import { isRegistryFull, registryFull } from './push-room.ts';

export interface PushOptions {
  /** Where the shared agent layer has its home on this registry; other repositories mount it from there. */
  readonly agentHome: Repository;
  /** What is under way or done in this process: workloads prepared side by side share it. Only saves requests. */
  readonly homes: PushedBlobs;
  /** Signs `registry/repository@digest` unless it is signed; the tag waits for it. Throws `refused` (rule `sign-failed`). */
  readonly sign?: (image: ImageReference & { readonly digest: string }) => Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Pushes a composed image: what is already there is not sent again, blobs come before the manifest, the signature before the tag, the tag last.
 * A tag that exists with other content is never overwritten (`refused`). Returns how it went.
 */
export async function pushImage(registry: Registry, source: SourceImage, target: TargetImage, options: PushOptions): Promise<'existed' | 'pushed'> {
  const { repository, tag } = target.reference;
  const { signal, sign } = options;
  const image = { repository, digest: target.root.digest };
  const tagged = await registry.manifest(repository, tag, signal);
  if (tagged && tagged.digest !== target.root.digest) throw tagTaken(target.reference, tagged.digest);
  if (tagged) {
    await sign?.(image);
    return 'existed';
  }
  try {
    await pushContent(registry, { source, target, reference: sign ? target.root.digest : tag }, options);
    await sign?.(image);
    if (sign) await registry.putManifest(repository, tag, target.root, signal);
  } catch (error) {
    throw isRegistryFull(error) ? registryFull(repository, error) : error;
  }
  return 'pushed';
}

interface Content {
  readonly source: SourceImage;
  readonly target: TargetImage;
  /** What the manifest, or index, is written under. */
  readonly reference: string;
}

/** A registry may have collected a blob as garbage since it was seen: then everything is asked for, or sent, once more. */
async function pushContent(registry: Registry, content: Content, options: PushOptions): Promise<void> {
  try {
    await pushOnce(registry, content, { ...options, isNew: true });
  } catch (error) {
    if (!lacksBlob(error)) throw error;
    forgetRepository(options.homes, content.target.reference.repository);
    await pushOnce(registry, content, { ...options, isNew: false });
  }
}

async function pushOnce(registry: Registry, { source, target, reference }: Content, options: PushOptions & { readonly isNew: boolean }): Promise<void> {
  const { repository } = target.reference;
  const { signal, isNew } = options;
  const abort = signal ? { signal } : {};
  const configs = target.platforms.map((each) => registry.putBlob(repository, { digest: each.configDigest, bytes: each.config }, { isNew, ...abort }));
  const layers = bringLayers(registry, { layers: target.layers, repository, family: source.platforms[0].parsed.family }, options);
  await allSettled([bringBase(registry, source, target, options), layers, ...configs]);
  const children = target.platforms.filter((each) => each.manifestDigest !== target.root.digest);
  await allSettled(children.map((each) => pushManifest(registry, repository, rawOf(each), { reference: each.manifestDigest, signal })));
  await pushManifest(registry, repository, target.root, { reference, signal });
}

function rawOf({ manifestDigest, mediaType, manifest }: RewrittenImage): RawManifest {
  return { digest: manifestDigest, mediaType, bytes: manifest };
}

/** A tag is there with other content, and is never overwritten. */
export function tagTaken(reference: ImageReference, digest: string): ChangeoverError {
  return new ChangeoverError('refused', `the tag exists with other content (${digest})`, {
    target: formatReference(reference),
    hint: `A tag is never overwritten: choose another one (spec.image.to, or --to), or remove it from ${repositoryName(reference.repository)} yourself.`,
    rule: 'tag-taken',
  });
}
