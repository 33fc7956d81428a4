import { ChangeoverError, type ErrorCode } from '../core/error.ts';
import type { Finding } from '../core/finding.ts';
import { imageFacts, type ImagePieces } from '../core/image/assemble-facts.ts';
import { readImageConfig } from '../core/image/image-config.ts';
import { imageRefusal } from '../core/image/image-rule.ts';
import { linuxImages, readManifest, type ImageManifest } from '../core/image/manifest.ts';
import { readOurs } from '../core/image/our-labels.ts';
import { parseImageReference, repositoryName, type Repository } from '../core/image/reference.ts';
import type { PlatformImage, RawManifest, SourceImage } from '../core/image/source-image.ts';
import { stripOurs } from '../core/image/strip-ours.ts';
import type { LayerReader } from '../ports/layer-reader.ts';
import type { Registry } from '../ports/registry.ts';

/** The image, or why it could not be read; a problem never throws away the rest of the fleet. */
export type ImageRead = { readonly kind: 'read'; readonly image: SourceImage } | { readonly kind: 'problem'; readonly finding: Finding };

export interface ImageReaderPorts {
  readonly registry: Registry;
  readonly layers: LayerReader;
}

/** Trouble of the registry, not of one image. */
const concernsEverybody = new Set<ErrorCode>(['unreachable', 'timeout', 'rate-limited', 'aborted']);

/**
 * Reads an image by digest: manifests, configs and, unless `layerScan` is off, the headers of every layer. Errors that
 * concern this image alone become a finding (`image-missing`, `image-unreadable`, `registry-denied`); an unreachable
 * registry is thrown, as it concerns everybody.
 */
export async function readImage(
  ports: ImageReaderPorts,
  image: { readonly repository: Repository; readonly digest: string },
  options: { readonly layerScan: boolean; readonly signal?: AbortSignal },
): Promise<ImageRead> {
  return await asRead(image, () => readSourceImage(ports, image, options));
}

/** As `readImage`, for what a reference names now: what the next pod with it would run. */
export async function readNamedImage(
  ports: ImageReaderPorts,
  reference: string,
  options: { readonly layerScan: boolean; readonly signal?: AbortSignal },
): Promise<ImageRead> {
  const { repository, tag = 'latest', digest } = parseImageReference(reference);
  return await asRead({ repository, digest: digest ?? tag }, async () => {
    const root = digest ?? (await ports.registry.manifest(repository, tag, options.signal))?.digest;
    return root === undefined ? undefined : await readSourceImage(ports, { repository, digest: root }, options);
  });
}

async function asRead(image: { readonly repository: Repository; readonly digest: string }, read: () => Promise<SourceImage | undefined>): Promise<ImageRead> {
  try {
    const source = await read();
    return source ? { kind: 'read', image: source } : { kind: 'problem', finding: { id: 'image-missing', severity: 'block', params: nameOf(image) } };
  } catch (error) {
    if (!(error instanceof ChangeoverError) || concernsEverybody.has(error.code)) throw error;
    const id = error.code === 'denied' ? 'registry-denied' : 'image-unreadable';
    return {
      kind: 'problem',
      finding: { id, severity: 'block', params: { ...nameOf(image), detail: error.message, ...(error.rule === undefined ? {} : { rule: error.rule }) } },
    };
  }
}

/** As `readImage`, for an image that is asked for by itself: errors are thrown as they are. Undefined when there is no such image. */
export async function readSourceImage(
  ports: ImageReaderPorts,
  image: { readonly repository: Repository; readonly digest: string },
  options: { readonly layerScan: boolean; readonly signal?: AbortSignal },
): Promise<SourceImage | undefined> {
  const { repository, digest } = image;
  const stored = await ports.registry.manifest(repository, digest, options.signal);
  if (!stored) return undefined;
  const parsed = readManifest(stored.bytes, stored.mediaType);
  const scan = { repository, digest, ...options };
  if (parsed.kind === 'image') return { repository, digest, platforms: [await readPlatform(ports, { stored, parsed }, scan)] };
  const platforms = await Promise.all(linuxImages(parsed).map((child) => readChild(ports, child.digest, scan)));
  const [first, ...rest] = platforms;
  if (!first) throw imageRefusal('not-linux', 'the index holds no image for Linux', { target: `${repositoryName(repository)}@${digest}` });
  return { repository, digest, index: { raw: stored, parsed }, platforms: [first, ...rest] };
}

interface Scan {
  readonly repository: Repository;
  /** What the pods run. */
  readonly digest: string;
  readonly layerScan: boolean;
  readonly signal?: AbortSignal;
}

async function readChild(ports: ImageReaderPorts, digest: string, scan: Scan): Promise<PlatformImage> {
  const stored = await ports.registry.manifest(scan.repository, digest, scan.signal);
  if (!stored)
    throw new ChangeoverError('unsupported', `the index names ${digest}, which the registry does not have`, { target: repositoryName(scan.repository) });
  const parsed = readManifest(stored.bytes, stored.mediaType);
  if (parsed.kind !== 'image') throw new ChangeoverError('unsupported', 'an index inside an index', { target: `${repositoryName(scan.repository)}@${digest}` });
  return readPlatform(ports, { stored, parsed }, scan);
}

/** An image that is already ours is seen as the one it was made from: layers of ours never stack, and paths are proven below them. */
async function readPlatform(
  ports: ImageReaderPorts,
  image: { readonly stored: RawManifest; readonly parsed: ImageManifest },
  scan: Scan,
): Promise<PlatformImage> {
  const config = await ports.registry.config(scan.repository, image.parsed.config.digest, scan.signal);
  const original = stripOurs({ manifest: image.stored.bytes, mediaType: image.stored.mediaType, config });
  const parsed = original ? readManifest(original.manifest, original.mediaType) : image.parsed;
  if (parsed.kind !== 'image') throw new Error(`the original of ${image.stored.digest} is not an image`);
  const layers = await scanLayers(ports, parsed, scan);
  const facts = imageFacts({
    repository: scan.repository,
    digest: scan.digest,
    manifest: parsed,
    config: readImageConfig(original?.config ?? config),
    ...layers,
  });
  const ours = original ? readOurs(readImageConfig(config)) : undefined;
  const manifest = original ? { digest: parsed.digest, mediaType: original.mediaType, bytes: original.manifest } : image.stored;
  return { manifest, parsed, config: original?.config ?? config, facts: ours ? { ...facts, ours } : facts, stored: image.stored.digest };
}

/** What the layers of an image hold, or why that is not known. */
export async function scanLayers(
  ports: ImageReaderPorts,
  manifest: ImageManifest,
  scan: Omit<Scan, 'digest'>,
): Promise<Pick<ImagePieces, 'layers' | 'scanProblem'>> {
  if (!scan.layerScan) return { scanProblem: 'the layer scan is off' };
  try {
    const layers = [];
    for (const layer of manifest.layers) layers.push(await ports.layers.read(scan.repository, layer, scan.signal));
    return { layers };
  } catch (error) {
    if (!(error instanceof ChangeoverError) || concernsEverybody.has(error.code)) throw error;
    return { scanProblem: error.message };
  }
}

function nameOf(image: { readonly repository: Repository; readonly digest: string }): { readonly image: string } {
  return { image: `${repositoryName(image.repository)}@${image.digest}` };
}
