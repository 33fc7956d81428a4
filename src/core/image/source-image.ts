import type { ImageFacts } from './image-facts.ts';
import type { ImageIndex, ImageManifest } from './manifest.ts';
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
