import { gunzipSync } from 'node:zlib';
import { collectLayer } from '../../src/adapters/registry/collect-layer.ts';
import { createTarParser } from '../../src/adapters/files/tar-parser.ts';
import { imageFacts } from '../../src/core/image/assemble-facts.ts';
import type { BuiltLayer } from '../../src/core/image/built-layer.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { readImageConfig } from '../../src/core/image/image-config.ts';
import type { ImageFacts, LayerEntry, LayerIndex } from '../../src/core/image/image-facts.ts';
import { readManifest, type ImageManifest } from '../../src/core/image/manifest.ts';
import { mediaTypes } from '../../src/core/image/media-types.ts';
import { readOurs } from '../../src/core/image/our-labels.ts';
import type { PlatformImage, RawManifest, SourceImage } from '../../src/core/image/source-image.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { TargetImage } from '../../src/core/plan/compose-target.ts';

/** A folder (`null`), a file's text, or an entry in detail. */
export type FileSpec = null | string | { readonly text?: string; readonly link?: string; readonly mode?: number; readonly uid?: number; readonly gid?: number };

/** An image of one layer. */
export interface ImageSpec {
  /** By absolute path; folders above are added. */
  readonly files: { readonly [path: string]: FileSpec };
  /** Docker's names: `Entrypoint`, `Cmd`, `Env`, `WorkingDir`, `Volumes`. */
  readonly config: JsonObject;
  readonly architecture?: string;
  /** The layers were not read. */
  readonly unscanned?: boolean;
}

const repository = { registry: 'registry.example.com', path: 'shop/orders' };
const ground = new Map<string, LayerIndex>();

/** An image as the registry and the layer scan show it; an index where there is more than one platform. */
export function sourceImage(...specs: readonly [ImageSpec, ...ImageSpec[]]): SourceImage {
  const [first, ...others] = specs.map(platformImage);
  if (!first) throw new Error('an image without platforms');
  if (others.length === 0) return { repository, digest: first.manifest.digest, platforms: [first] };
  const raw = indexOf([first, ...others]);
  const parsed = readManifest(raw.bytes, raw.mediaType);
  if (parsed.kind !== 'index') throw new Error('not an index');
  return { repository, digest: raw.digest, index: { raw, parsed }, platforms: [first, ...others] };
}

/** What a pod of the new image sees, its layers unpacked; `platform` counts from 0. */
export function newImageFacts(target: TargetImage, platform = 0): ImageFacts {
  const image = target.platforms[platform];
  if (!image) throw new Error('no such platform');
  const manifest = imageManifest(image.manifest, image.mediaType);
  const built = new Map(target.layers.map((layer) => [layer.digest, layer]));
  const layers = manifest.layers.map(({ digest }) => ground.get(digest) ?? unpack(built.get(digest)));
  return imageFacts({ repository, digest: image.manifestDigest, manifest, config: readImageConfig(image.config), layers });
}

function platformImage({ files, config, architecture = 'amd64', unscanned = false }: ImageSpec): PlatformImage {
  const index = layerIndex(files);
  const document = encode({ architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: [sha256Digest(`diff ${index.digest}`)] }, history: [{}] });
  const manifest = raw({
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    config: { mediaType: mediaTypes.oci.config, digest: sha256Digest(document), size: document.length },
    layers: [{ mediaType: mediaTypes.oci.layer, digest: index.digest, size: 1000 }],
  });
  const parsed = imageManifest(manifest.bytes, manifest.mediaType);
  const stored = readImageConfig(document);
  const pieces = { repository, digest: manifest.digest, manifest: parsed, config: stored };
  const ours = readOurs(stored);
  const facts = imageFacts({ ...pieces, ...(unscanned ? { scanProblem: 'the layer scan is off' } : { layers: [index] }) });
  return { stored: manifest.digest, manifest, parsed, config: document, facts: ours ? { ...facts, ours } : facts };
}

function layerIndex(files: ImageSpec['files']): LayerIndex {
  const folders = new Set(
    Object.keys(files).flatMap((path) =>
      path
        .split('/')
        .slice(1, -1)
        .map((_, at, parts) => `/${parts.slice(0, at + 1).join('/')}`),
    ),
  );
  const all: [string, FileSpec][] = [
    ...[...folders].filter((path) => files[path] === undefined).map((path): [string, FileSpec] => [path, null]),
    ...Object.entries(files),
  ];
  const entries = all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, spec]) => entryOf(path, spec));
  const texts = Object.fromEntries(Object.entries(files).flatMap(([path, spec]) => (textOf(spec) === undefined ? [] : [[path, textOf(spec) ?? '']])));
  const digest = sha256Digest(JSON.stringify([entries, texts]));
  const index = { digest, entries, texts, references: {} };
  ground.set(digest, index);
  return index;
}

function entryOf(path: string, spec: FileSpec): LayerEntry {
  const common = { path, uid: 0, gid: 0, mtime: 1_700_000_000, size: 0 };
  if (spec === null) return { ...common, type: 'directory', mode: 0o755 };
  if (typeof spec === 'string') return { ...common, type: 'file', mode: 0o644, size: spec.length };
  const { text = '', link, mode = 0o644, uid = 0, gid = 0 } = spec;
  return link === undefined ? { ...common, type: 'file', mode, uid, gid, size: text.length } : { ...common, type: 'symlink', mode: 0o777, link };
}

function textOf(spec: FileSpec): string | undefined {
  return typeof spec === 'string' ? spec : spec?.text;
}

function unpack(layer: BuiltLayer | undefined): LayerIndex {
  if (!layer) throw new Error('a layer that nobody brings');
  const collector = collectLayer(layer.digest);
  const parser = createTarParser(layer.digest, (entry) => collector.take(entry));
  parser.write(gunzipSync(layer.bytes));
  parser.end();
  return collector.finish();
}

function indexOf(platforms: readonly PlatformImage[]): RawManifest {
  const manifests = platforms.map(({ manifest, facts }) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    platform: { os: 'linux', architecture: facts.config.architecture },
  }));
  return raw({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests });
}

function imageManifest(bytes: Uint8Array, mediaType: string): ImageManifest {
  const parsed = readManifest(bytes, mediaType);
  if (parsed.kind !== 'image') throw new Error('not an image');
  return parsed;
}

function raw(document: JsonObject & { readonly mediaType: string }): RawManifest {
  const bytes = encode(document);
  return { digest: sha256Digest(bytes), mediaType: document.mediaType, bytes };
}

function encode(document: JsonObject): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
