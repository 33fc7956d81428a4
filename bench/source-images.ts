import { createCipheriv } from 'node:crypto';
import { sha256Digest } from '../src/core/image/digest.ts';
import { gzipStored } from '../src/core/image/gzip-stored.ts';
import { mediaTypes } from '../src/core/image/media-types.ts';
import { parseImageReference, type ImageReference } from '../src/core/image/reference.ts';
import { writeTar, type TarEntry } from '../src/core/image/tar-writer.ts';
import type { Registry } from '../src/ports/registry.ts';

/** Where the old agent's jar lies in the images. */
export const OLD_JAR = '/skywalking/agent/skywalking-agent.jar';

/** Size of the base layer's one file: enough to be noticed should it travel. */
const BASE_BYTES = 48 * 1024 * 1024;
const at = { mtime: 0, uid: 0, gid: 0 } as const;

/** Pushes one service's image: a base layer and an agent layer that all services share, and one of its own. Returns it with its digest. */
export async function pushSource(registry: Registry, reference: string): Promise<ImageReference & { readonly digest: string }> {
  const image = parseImageReference(reference);
  const { repository, tag = 'latest' } = image;
  const home = { registry: repository.registry, path: 'base/tomcat' };
  const own = packLayer([file('srv/service.txt', Buffer.from(repository.path))]);
  const layers = [...sharedLayers(), own];
  for (const layer of sharedLayers()) {
    await registry.putBlob(home, layer);
    await registry.putBlob(repository, layer, { mountFrom: home });
  }
  const config = asBlob({
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/bin:/bin', `JAVA_TOOL_OPTIONS=-javaagent:${OLD_JAR}`], Entrypoint: ['java', '-jar', '/srv/service.jar'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  });
  const manifest = asBlob({
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    config: { mediaType: mediaTypes.oci.config, digest: config.digest, size: config.bytes.length },
    layers: layers.map(({ digest, bytes }) => ({ mediaType: mediaTypes.oci.layer, digest, size: bytes.length })),
  });
  await registry.putBlob(repository, own);
  await registry.putBlob(repository, config);
  await registry.putManifest(repository, tag, { mediaType: mediaTypes.oci.manifest, bytes: manifest.bytes });
  return { ...image, digest: manifest.digest };
}

/** The same bytes on every machine, which do not compress: what jars look like from outside. */
export function noise(length: number): Uint8Array {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}

interface Layer {
  readonly digest: string;
  readonly diffId: string;
  readonly bytes: Uint8Array;
}

let shared: readonly Layer[] | undefined;

function sharedLayers(): readonly Layer[] {
  const folders = ['skywalking', 'skywalking/agent', 'skywalking/agent/config', 'skywalking/agent/plugins'].map((path): TarEntry => ({
    kind: 'directory',
    path,
    mode: 0o755,
    ...at,
  }));
  const config = file('skywalking/agent/config/agent.config', Buffer.from('agent.service_name=${SW_AGENT_NAME:service}\n'));
  shared ??= [packLayer([file('base.bin', noise(BASE_BYTES))]), packLayer([...folders, config, file(OLD_JAR.slice(1), noise(1_000_000))])];
  return shared;
}

function packLayer(entries: readonly TarEntry[]): Layer {
  const tar = writeTar(entries);
  const bytes = gzipStored(tar);
  return { digest: sha256Digest(bytes), diffId: sha256Digest(tar), bytes };
}

function file(path: string, bytes: Uint8Array): TarEntry {
  return { kind: 'file', path, mode: 0o644, bytes, ...at };
}

function asBlob(value: object): { readonly digest: string; readonly bytes: Uint8Array } {
  const bytes = Buffer.from(JSON.stringify(value));
  return { digest: sha256Digest(bytes), bytes };
}
