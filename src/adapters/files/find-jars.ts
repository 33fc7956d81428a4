import { posix } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { Registry } from '../../ports/registry.ts';
import { collectBytes } from './collect-bytes.ts';
import { decompress } from './decompress.ts';
import { limited, whiteoutsOf, type ImageLayers } from './find-in-layers.ts';
import { createTarParser } from './tar-parser.ts';

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_JARS = 100;

/**
 * The jars directly in a folder of an image, by name, as its merged layers show them. Throws `too-large` past 256 MiB of layers or 100 jars,
 * `unsupported` for a jar that is a link.
 */
export async function findJars(registry: Registry, image: ImageLayers, folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const state: State = { jars: new Map(), gone: new Set(), budget: { left: MAX_BYTES } };
  for (const digest of image.layers.toReversed()) {
    const { hidesAll, names } = await readLayer(registry, { ...image, digest }, { folder, state });
    if (hidesAll) break;
    for (const name of names) state.gone.add(name);
  }
  return state.jars;
}

interface State {
  readonly jars: Map<string, Uint8Array>;
  /** Names that a layer above has, or has taken away. */
  readonly gone: Set<string>;
  readonly budget: { left: number };
}

/** Takes what this layer adds; answers what it hides of those below. */
async function readLayer(
  registry: Registry,
  layer: ImageLayers & { readonly digest: string },
  { folder, state }: { readonly folder: string; readonly state: State },
): Promise<{ readonly hidesAll: boolean; readonly names: readonly string[] }> {
  const hiding = whiteoutsOf(posix.join(folder, 'any.jar'));
  const names: string[] = [];
  let hidesAll = false;
  const parser = createTarParser(layer.target, (entry) => {
    if (hiding.has(entry.path)) hidesAll = true;
    if (posix.dirname(entry.path) !== folder) return undefined;
    const name = posix.basename(entry.path);
    names.push(name.replace(/^\.wh\./, ''));
    if (!name.endsWith('.jar') || name.startsWith('.wh.') || state.gone.has(name)) return undefined;
    if (entry.type !== 'file')
      throw new ChangeoverError('unsupported', `${entry.path} is a link`, { target: layer.target, hint: 'Name the folder where the jars themselves are.' });
    if (entry.size > MAX_BYTES || state.jars.size >= MAX_JARS)
      throw new ChangeoverError('too-large', `${folder} holds more than ${MAX_BYTES / 1024 / 1024} MiB or ${MAX_JARS} jars`, { target: layer.target });
    return collectBytes(entry.size, (bytes) => void state.jars.set(name, bytes));
  });
  const blob = registry.blob(layer.repository, layer.digest, layer.signal);
  for await (const chunk of decompress(limited(blob, state.budget, layer.target), layer.target)) parser.write(chunk);
  parser.end();
  return { hidesAll, names };
}
