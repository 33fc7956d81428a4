import { ChangeoverError } from '../../core/error.ts';
import type { LayerIndex } from '../../core/image/image-facts.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Cache } from '../../ports/cache.ts';
import type { LayerReader } from '../../ports/layer-reader.ts';
import type { Registry } from '../../ports/registry.ts';
import { collectBuffers } from '../files/collect-buffers.ts';
import { decompress } from '../files/decompress.ts';
import { createTarParser } from '../files/tar-parser.ts';
import { collectLayer } from './collect-layer.ts';
import { TOC_DIGEST } from './estargz-toc.ts';
import { readEStargz } from './read-estargz.ts';

const MAX_ENTRIES = 500_000;
const MAX_UNPACKED = 64 * 1024 ** 3;

interface Layer {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly annotations?: { readonly [key: string]: string };
}

interface Source {
  readonly repository: Repository;
  readonly signal: AbortSignal | undefined;
}

/** Reads layers through a registry, each digest once: from the cache where it is, else in one streaming pass. */
export function openLayerReader(registry: Registry, cache: Cache): LayerReader {
  const running = new Map<string, Promise<LayerIndex>>();
  return {
    read(repository, layer, signal) {
      const existing = running.get(layer.digest);
      if (existing) return existing;
      const reading = readCached(registry, cache, { layer, repository, signal }).finally(() => running.delete(layer.digest));
      running.set(layer.digest, reading);
      return reading;
    },
  };
}

async function readCached(registry: Registry, cache: Cache, request: Source & { readonly layer: Layer }): Promise<LayerIndex> {
  const key = `layer-index-v3/${request.layer.digest}`;
  const cached = await cache.get(key);
  if (cached) return JSON.parse(Buffer.from(cached).toString('utf8')) as LayerIndex;
  const index = (await readByToc(registry, request.layer, request)) ?? (await readLayer(registry, request.layer, request));
  await cache.put(key, Buffer.from(JSON.stringify(index)));
  return index;
}

async function readByToc(registry: Registry, { digest, size, annotations }: Layer, { repository, signal }: Source): Promise<LayerIndex | undefined> {
  const tocDigest = annotations?.[TOC_DIGEST];
  if (tocDigest === undefined) return undefined;
  const layer = { digest, size, tocDigest, target: `${repository.registry}/${repository.path}@${digest}` };
  return readEStargz(layer, (range) => registry.blobPart(repository, digest, range, signal));
}

async function readLayer(registry: Registry, layer: Layer, { repository, signal }: Source): Promise<LayerIndex> {
  const target = `${repository.registry}/${repository.path}@${layer.digest}`;
  if (layer.mediaType.endsWith('+encrypted')) throw new ChangeoverError('unsupported', 'the layer is encrypted', { target });
  const collector = collectLayer(layer.digest);
  let entries = 0;
  let unpacked = 0;
  const passed = collectBuffers();
  const parser = createTarParser(target, (entry) => {
    entries += 1;
    if (entries > MAX_ENTRIES) throw new ChangeoverError('too-large', `the layer has more than ${MAX_ENTRIES} entries`, { target });
    return collector.take(entry);
  });
  for await (const chunk of decompress(registry.blob(repository, layer.digest, signal), target)) {
    unpacked += chunk.length;
    if (unpacked > MAX_UNPACKED) throw new ChangeoverError('too-large', `the layer is larger than ${MAX_UNPACKED} bytes when unpacked`, { target });
    parser.write(chunk);
    passed(chunk.length);
  }
  parser.end();
  return collector.finish();
}
