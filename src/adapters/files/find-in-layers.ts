import { posix } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { LayerEntry } from '../../core/image/image-facts.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Registry } from '../../ports/registry.ts';
import { collectBytes } from './collect-bytes.ts';
import { decompress } from './decompress.ts';
import { createTarParser } from './tar-parser.ts';

export interface ImageLayers {
  readonly repository: Repository;
  /** Digests, lowest first, as manifests have them. */
  readonly layers: readonly string[];
  /** For messages. */
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_LINKS = 5;

/**
 * The bytes of one file of an image, read from the top layer down and no further than needed; symlinks of the file itself
 * are followed. Undefined when the image does not have it. Throws `too-large` past 256 MiB of layers.
 */
export async function findInLayers(registry: Registry, image: ImageLayers, path: string): Promise<Uint8Array | undefined> {
  const budget = { left: MAX_BYTES };
  let wanted = path;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const found = await searchLayers(registry, image, { path: wanted, budget });
    if (found.kind === 'file') return found.bytes;
    if (found.kind === 'absent') return undefined;
    wanted = found.path;
  }
  return undefined;
}

type Found = { readonly kind: 'file'; readonly bytes: Uint8Array } | { readonly kind: 'link'; readonly path: string } | { readonly kind: 'absent' };

interface Search {
  readonly path: string;
  readonly budget: { left: number };
}

async function searchLayers(registry: Registry, image: ImageLayers, search: Search): Promise<Found> {
  for (const digest of image.layers.toReversed()) {
    const found = await searchLayer(registry, { ...image, digest }, search);
    if (found) return found;
  }
  return { kind: 'absent' };
}

/** What this layer says about the path; undefined = nothing, so a lower layer decides. */
async function searchLayer(registry: Registry, layer: ImageLayers & { readonly digest: string }, { path, budget }: Search): Promise<Found | undefined> {
  const hiding = whiteoutsOf(path);
  let found: Found | undefined;
  let hidden = false;
  const parser = createTarParser(layer.target, (entry) => {
    if (hiding.has(entry.path)) hidden = true;
    if (entry.path !== path) return undefined;
    found = linkOf(entry);
    if (entry.type !== 'file') return undefined;
    if (entry.size > MAX_BYTES) throw tooLarge(layer.target);
    return collectBytes(entry.size, (bytes) => (found = { kind: 'file', bytes }));
  });
  for await (const chunk of decompress(limited(registry.blob(layer.repository, layer.digest, layer.signal), budget, layer.target), layer.target))
    parser.write(chunk);
  parser.end();
  return found ?? (hidden ? { kind: 'absent' } : undefined);
}

/** Whiteouts that hide the path in the layers below: of itself or of a folder above it. Source: OCI image-spec layer.md. */
export function whiteoutsOf(path: string): ReadonlySet<string> {
  const hiding = new Set<string>();
  for (let at = path; at !== '/'; at = posix.dirname(at)) {
    hiding.add(posix.join(posix.dirname(at), `.wh.${posix.basename(at)}`));
    hiding.add(posix.join(posix.dirname(at), '.wh..wh..opq'));
  }
  return hiding;
}

function linkOf(entry: LayerEntry): Found {
  if (entry.link === undefined) return { kind: 'absent' };
  return { kind: 'link', path: entry.type === 'hardlink' ? posix.join('/', entry.link) : posix.resolve(posix.dirname(entry.path), entry.link) };
}

/** The chunks, as long as the budget lasts: then `too-large`. */
export async function* limited(source: AsyncIterable<Uint8Array>, budget: { left: number }, target: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    budget.left -= chunk.length;
    if (budget.left < 0) throw tooLarge(target);
    yield chunk;
  }
}

function tooLarge(target: string): ChangeoverError {
  return new ChangeoverError('too-large', `the image's layers are larger than ${MAX_BYTES / 1024 / 1024} MiB`, {
    target,
    hint: 'Use an image that holds little but the agent, or path: with the jar itself.',
  });
}
