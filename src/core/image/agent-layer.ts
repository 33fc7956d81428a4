import { ChangeoverError } from '../error.ts';
import { buildLayer, LAYER_TIME } from './built-layer.ts';
import type { BuiltLayer } from './built-layer.ts';
import { ancestors, compareLayerPaths, WHITEOUT } from './layer-path.ts';
import type { TarEntry } from './tar-writer.ts';

/**
 * The layer that brings the new agent: every file below `home` (an absolute path), paths relative to it. It depends on nothing but the files, so that one blob
 * serves every image of a registry. Files are readable for every user, scripts (`#!`) also executable.
 * Throws `invalid-file` for a home that is not one folder directly below `/` (deeper ones have parents whose attributes differ from image to image) and for
 * file names that cannot be in a layer.
 */
export function buildAgentLayer(files: readonly { readonly path: string; readonly bytes: Uint8Array }[], home: string): BuiltLayer {
  const folder = /^\/([^/]+)\/?$/.exec(home)?.[1];
  if (folder === undefined || !isPlain(folder)) {
    throw new ChangeoverError('invalid-file', `"${home}" cannot be the agent's home`, {
      target: 'spec.to.home',
      hint: 'Name one folder directly below /, such as /changeover.',
    });
  }
  const entries = files.map(({ path, bytes }) => toEntry(folder, path, bytes));
  const folders = new Set([folder, ...entries.flatMap(({ path }) => ancestors(path))]);
  const directories = [...folders].map((path): TarEntry => ({ kind: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: LAYER_TIME }));
  const all = [...directories, ...entries].sort((a, b) => compareLayerPaths(a.path, b.path));
  const twice = all.find((entry, index) => entry.path === all[index + 1]?.path);
  if (twice !== undefined) throw new ChangeoverError('invalid-file', 'two of the agent files have the same path', { target: `/${twice.path}` });
  return buildLayer(all);
}

function toEntry(folder: string, path: string, bytes: Uint8Array): TarEntry {
  if (!path.split('/').every(isPlain))
    throw new ChangeoverError('invalid-file', 'an agent file has a path that cannot be put into an image layer', { target: path });
  const script = bytes[0] === 0x23 && bytes[1] === 0x21;
  return { kind: 'file', path: `${folder}/${path}`, bytes, mode: script ? 0o755 : 0o644, uid: 0, gid: 0, mtime: LAYER_TIME };
}

function isPlain(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('\0') && !name.startsWith(WHITEOUT);
}
