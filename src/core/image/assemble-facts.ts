import type { StoredConfig } from './image-config.ts';
import type { ImageFacts, LayerIndex } from './image-facts.ts';
import { mergeLayers } from './image-files.ts';
import type { ImageManifest } from './manifest.ts';
import { readOurs } from './our-labels.ts';
import type { Repository } from './reference.ts';

/** The pieces of one image, as read from its registry. */
export interface ImagePieces {
  readonly repository: Repository;
  /** Digest of what the pods run: an index's, or the manifest's own. */
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly config: StoredConfig;
  /** What the layers say, lowest first and one for each; left out when they were not scanned. */
  readonly layers?: readonly LayerIndex[];
  /** Why they were not scanned. */
  readonly scanProblem?: string;
}

/** Puts together what we know of one image. */
export function imageFacts({ repository, digest, manifest, config, layers, scanProblem }: ImagePieces): ImageFacts {
  const { diffIds, history: _, ...runtime } = config;
  const ours = readOurs({ labels: config.labels, diffIds });
  if (layers !== undefined && layers.map((layer) => layer.digest).join() !== manifest.layers.map((layer) => layer.digest).join()) {
    throw new Error(`the scanned layers are not those of ${manifest.digest}`);
  }
  return {
    repository,
    digest,
    manifestDigest: manifest.digest,
    mediaType: manifest.mediaType,
    config: runtime,
    layers: manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    ...(layers === undefined ? {} : { files: mergeLayers(layers) }),
    ...(scanProblem === undefined ? {} : { scanProblem }),
    ...(ours === undefined ? {} : { ours }),
  };
}
