import { ChangeoverError } from '../core/error.ts';
import { formatReference, type ImageReference } from '../core/image/reference.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import { readSourceImage, type ImageReaderPorts } from './read-image.ts';

export interface ResolveOptions {
  readonly layerScan: boolean;
  readonly signal?: AbortSignal;
}

/** An image found by its reference. */
export interface ResolvedImage {
  /** With the tag that was taken, where neither tag nor digest was given. */
  readonly reference: ImageReference;
  readonly mediaType: string;
  readonly source: SourceImage;
}

/**
 * Finds the image a reference names (its digest where it has one, else its tag, else `latest`) and reads it.
 * Errors: `not-found`; `unsupported` for what is no image; `refused` for one that contradicts itself; those of the registry.
 */
export async function resolveImage(ports: ImageReaderPorts, asked: ImageReference, options: ResolveOptions): Promise<ResolvedImage> {
  const reference = asked.digest === undefined ? { ...asked, tag: asked.tag ?? 'latest' } : asked;
  const { repository, digest, tag } = reference;
  const root = await ports.registry.manifest(repository, digest ?? tag ?? 'latest', options.signal);
  const source = root && (await readSourceImage(ports, { repository, digest: root.digest }, options));
  if (root && source) return { reference, mediaType: root.mediaType, source };
  throw new ChangeoverError('not-found', 'the registry has no such image', {
    target: formatReference(reference),
    hint: 'Check repository and tag for typing errors, and that it has been pushed.',
  });
}
