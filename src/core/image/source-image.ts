import type { ImageFacts } from './image-facts.ts';
import { readManifest, type Descriptor, type ImageIndex, type ImageManifest, type IndexChild } from './manifest.ts';
import type { Repository } from './reference.ts';

/** A manifest as the registry holds it. */
export interface RawManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** One platform of an image, with the raw documents a rewrite edits: those of the original where the image is a result of ours. */
export interface PlatformImage {
  /** Digest of the manifest as it is in the registry; another than `manifest.digest` where the image is ours. */
  readonly stored: string;
  readonly manifest: RawManifest;
  readonly parsed: ImageManifest;
  readonly config: Uint8Array;
  readonly facts: ImageFacts;
}

/** An image as the pods run it: one platform, or an index with every Linux platform it holds. */
export interface SourceImage {
  readonly repository: Repository;
  /** What the pods run: the index's digest where it is one. */
  readonly digest: string;
  readonly index?: { readonly raw: RawManifest; readonly parsed: ImageIndex };
  readonly platforms: readonly [PlatformImage, ...PlatformImage[]];
}

/** The layers of an image that its registry holds, each once. */
export function baseLayers(source: SourceImage): readonly Descriptor[] {
  return heldBlobs(source.platforms.flatMap((platform) => platform.parsed.layers));
}

/** Each blob once, without layers that may not be distributed: those stay where their URLs say, and no registry holds them. */
export function heldBlobs(blobs: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(blobs.filter((blob) => !isForeign(blob.mediaType)).map((blob) => [blob.digest, blob])).values()];
}

/** Children of the source's index that are in an index made of it as they were: images for other systems. */
export function keptChildren(source: SourceImage, root: RawManifest): readonly IndexChild[] {
  if (!source.index) return [];
  const index = readManifest(root.bytes, root.mediaType);
  const names = new Set(index.kind === 'index' ? index.manifests.map((child) => child.digest) : []);
  return source.index.parsed.manifests.filter((child) => names.has(child.digest));
}

/** Whether a layer may not be distributed: a registry then knows only where it is. */
export function isForeign(mediaType: string): boolean {
  return mediaType.includes('nondistributable') || mediaType.includes('.foreign.');
}
