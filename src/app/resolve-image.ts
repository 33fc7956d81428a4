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
  try {
    const root = await ports.registry.manifest(repository, digest ?? tag ?? 'latest', options.signal);
    const source = root && (await readSourceImage(ports, { repository, digest: root.digest }, options));
    if (root && source) return { reference, mediaType: root.mediaType, source };
  } catch (error) {
    throw namingImage(error, formatReference(reference));
  }
  throw new ChangeoverError('not-found', 'the registry has no such image', {
    target: formatReference(reference),
    hint: 'Check repository and tag for typing errors, and that it has been pushed.',
  });
}

/** What an error is about is often a part of the image, known by its digest alone: it names the image that was asked for as well. */
export function namingImage(error: unknown, image: string): unknown {
  if (!(error instanceof ChangeoverError) || error.target?.includes(image)) return error;
  const { code, message, target, hint, rule, retryable, retryAfterMs } = error;
  return new ChangeoverError(code, message, {
    target: target === undefined || image.startsWith(target) ? image : `${image}: ${target}`,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(rule === undefined ? {} : { rule }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause: error.cause ?? error,
  });
}
