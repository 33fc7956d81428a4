import { readManifest, type ImageManifest } from '../../core/image/manifest.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import type { Registry } from '../../ports/registry.ts';

export interface ImageRequest {
  readonly image: string;
  readonly reference: string;
  readonly signal: AbortSignal | undefined;
}

/** The manifest to take jars from, which are the same for every processor: of an index, its first Linux image. Throws what `problem` makes of a reason. */
export async function readLinuxManifest(
  registry: Registry,
  { image, reference, signal }: ImageRequest,
  problem: (why: string) => Error,
): Promise<ImageManifest> {
  const { repository } = parseImageReference(image);
  const stored = await registry.manifest(repository, reference, signal);
  if (!stored) throw problem('the registry does not have this image');
  const manifest = readManifest(stored.bytes, stored.mediaType);
  if (manifest.kind === 'image') return manifest;
  const child = manifest.manifests.find(({ platform }) => platform?.os === 'linux');
  const storedChild = child && (await registry.manifest(repository, child.digest, signal));
  const parsed = storedChild && readManifest(storedChild.bytes, storedChild.mediaType);
  if (parsed?.kind !== 'image') throw problem('the index holds no image for Linux');
  return parsed;
}
