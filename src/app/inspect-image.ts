import type { ImageReport } from '../core/image-report/image-report.ts';
import { makeImageReport, type StoredPlatform } from '../core/image-report/make-image-report.ts';
import { imageFacts } from '../core/image/assemble-facts.ts';
import { readImageConfig } from '../core/image/image-config.ts';
import { readManifest } from '../core/image/manifest.ts';
import type { ImageReference } from '../core/image/reference.ts';
import type { PlatformImage, SourceImage } from '../core/image/source-image.ts';
import type { Policy } from '../core/policy/policy.ts';
import { findSignatures } from './find-signatures.ts';
import { scanLayers, type ImageReaderPorts } from './read-image.ts';
import { resolveImage, type ResolvedImage } from './resolve-image.ts';

export interface InspectOptions {
  readonly policy: Policy;
  readonly layerScan: boolean;
  readonly signal?: AbortSignal;
}

/** Reads one image and says what it is and whether its agent can be replaced. Reads only. Errors: those of `resolveImage`. */
export async function inspectImage(ports: ImageReaderPorts, reference: ImageReference, options: InspectOptions): Promise<ImageReport> {
  return reportImage(ports, await resolveImage(ports, reference, options), options);
}

/** The report on an image that has been read. */
export async function reportImage(ports: ImageReaderPorts, resolved: ResolvedImage, options: InspectOptions): Promise<ImageReport> {
  const { source } = resolved;
  const [signatures, ...stored] = await Promise.all([
    findSignatures(ports.registry, source, options.signal),
    ...source.platforms.map((platform) => readStored(ports, { source, platform }, options)),
  ]);
  return makeImageReport({ ...resolved, stored, signatures, policy: options.policy });
}

/** A platform as the registry has it. The source of a rewrite is another where the image is a result of ours: the one it was made from. */
async function readStored(
  ports: ImageReaderPorts,
  { source, platform }: { readonly source: SourceImage; readonly platform: PlatformImage },
  options: InspectOptions,
): Promise<StoredPlatform> {
  const { parsed, config, facts } = platform;
  if (platform.stored === platform.manifest.digest) return { manifest: parsed, config: readImageConfig(config), facts };
  const { repository, digest } = source;
  const manifest = await ports.registry.manifest(repository, platform.stored, options.signal);
  const image = manifest && readManifest(manifest.bytes, manifest.mediaType);
  if (image?.kind !== 'image') throw new Error(`${platform.stored} was an image a moment ago`);
  const stored = readImageConfig(await ports.registry.config(repository, image.config.digest, options.signal));
  const layers = await scanLayers(ports, image, { repository, ...options });
  return { manifest: image, config: stored, facts: imageFacts({ repository, digest, manifest: image, config: stored, ...layers }) };
}
