import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import type { ImageFiles, LayerIndex } from '../../src/core/image/image-facts.ts';
import { mergeLayers } from '../../src/core/image/image-files.ts';
import { mediaTypes, type Family } from '../../src/core/image/media-types.ts';
import { parseImageReference } from '../../src/core/image/reference.ts';
import type { RewrittenImage } from '../../src/core/image/rewrite-image.ts';
import type { BuiltLayer } from '../../src/core/image/built-layer.ts';
import type { ImageSource } from '../../src/core/image/strip-ours.ts';
import type { Registry } from '../../src/ports/registry.ts';
import type { GeneratedEntry } from './generate-layers.ts';
import { BUSYBOX } from './image-tools.ts';

const folder = { type: 'directory', mode: 0o755, uid: 0, gid: 0 } as const;
const noCache = { get: () => Promise.resolve(undefined), put: () => Promise.resolve() };

/** A layer with a shell, and the folders that tools mount something over. */
function groundLayer(): Promise<Uint8Array> {
  const shell = readFileSync(BUSYBOX);
  const folders = ['bin', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp'].map((name) => ({ header: { name: `${name}/`, size: 0, mtime: new Date(0), ...folder } }));
  return packTar([...folders, { header: { name: 'bin/busybox', size: shell.length, mode: 0o755, uid: 0, gid: 0, mtime: new Date(0) }, body: shell }]);
}

/** Packs entries by a tar writer that is not ours. */
export function packLayer(entries: readonly GeneratedEntry[]): Promise<Uint8Array> {
  return packTar(
    entries.map(({ path, type, text = '', linkname, mode, uid, gid }) => ({
      header: {
        name: `${path.slice(1)}${type === 'directory' ? '/' : ''}`,
        size: Buffer.byteLength(type === 'file' ? text : ''),
        type,
        mode,
        uid,
        gid,
        mtime: new Date(1_600_000_000_000),
        ...(linkname === undefined ? {} : { linkname }),
      },
      ...(type === 'file' ? { body: text } : {}),
    })),
  );
}

/** Pushes an image of these layers, on top of one with a shell. */
export async function pushGenerated(
  registry: Registry,
  reference: string,
  { layers, family }: { readonly layers: readonly (readonly GeneratedEntry[])[]; readonly family: Family },
): Promise<ImageSource> {
  const { repository, tag = '' } = parseImageReference(reference);
  const tars = [await groundLayer(), ...(await Promise.all(layers.map(packLayer)))];
  const blobs = tars.map((tar) => gzipSync(tar));
  const config = encode({
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin', 'JAVA_TOOL_OPTIONS=-Dold'], Cmd: ['/bin/busybox'] },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256Digest) },
  });
  const types = mediaTypes[family];
  const manifest = encode({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: sha256Digest(config), size: config.length },
    layers: blobs.map((blob) => ({ mediaType: types.layer, digest: sha256Digest(blob), size: blob.length })),
  });
  for (const bytes of [...blobs, config]) await registry.putBlob(repository, { digest: sha256Digest(bytes), bytes });
  await registry.putManifest(repository, tag, { mediaType: types.manifest, bytes: manifest });
  return { manifest, mediaType: types.manifest, config };
}

/** Pushes a rewritten image beside its source. */
export async function pushRewritten(registry: Registry, reference: string, image: RewrittenImage, layers: readonly BuiltLayer[]): Promise<void> {
  const { repository, tag = '' } = parseImageReference(reference);
  for (const layer of layers) await registry.putBlob(repository, layer);
  await registry.putBlob(repository, { digest: image.configDigest, bytes: image.config });
  await registry.putManifest(repository, tag, { mediaType: image.mediaType, bytes: image.manifest });
}

/** What the product itself reads out of an image's layers. */
export async function scanImage(registry: Registry, reference: string, source: ImageSource): Promise<ImageFiles> {
  const { repository } = parseImageReference(reference);
  const reader = openLayerReader(registry, noCache);
  const { layers } = JSON.parse(new TextDecoder().decode(source.manifest)) as { layers: { digest: string; size: number; mediaType: string }[] };
  const indexes: LayerIndex[] = [];
  for (const layer of layers) indexes.push(await reader.read(repository, layer));
  return mergeLayers(indexes);
}

function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
