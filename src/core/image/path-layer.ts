import { assertNever } from '../error.ts';
import type { Finding } from '../finding.ts';
import { buildLayer, LAYER_TIME } from './built-layer.ts';
import type { BuiltLayer } from './built-layer.ts';
import type { ImageFiles } from './image-facts.ts';
import { ancestors, compareLayerPaths, nameOf, OPAQUE, parentOf, WHITEOUT } from './layer-path.ts';
import { repeatableXattrs } from './repeatable-xattrs.ts';
import type { TarEntry } from './tar-writer.ts';

/** One change below folders that the image already has. Paths are absolute, as the image's users name them. */
export type LayerChange =
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  /** Hides everything in a folder; the folder stays. */
  | { readonly kind: 'opaque'; readonly path: string }
  | { readonly kind: 'whiteout'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array; readonly mode: number; readonly uid: number; readonly gid: number };

export type PathLayer = { readonly kind: 'built'; readonly layer: BuiltLayer } | { readonly kind: 'refused'; readonly finding: Finding };

const DISPUTED = 'container runtimes unpack it differently: a layer deletes and creates the same folder, or leads through a link of a layer below';

/** A change with the place it really has: relative to the root, no symlink on the way. */
type Placed = LayerChange & { readonly place: string };

/**
 * The small layer that changes paths of one image. Only what `files` proves is touched: symlinks on the way are resolved, every folder above a change is
 * repeated with its exact attributes, and a link at the path itself is replaced, not followed. Anything else is refused as `path-not-proven`.
 */
export function buildPathLayer(files: ImageFiles, changes: readonly LayerChange[]): PathLayer {
  const placed: Placed[] = [];
  for (const change of changes) {
    const physical = files.physicalPath(change.path);
    const because = physical === undefined ? 'a folder above it is missing, or symbolic links lead in a circle' : findObstacle(files, change, physical);
    if (physical === undefined || because !== undefined) return refuse(change.path, because ?? '');
    if ([...ancestors(physical), physical].some((path) => files.doubt(path) === 'content')) return refuse(change.path, DISPUTED);
    placed.push({ ...change, place: physical.slice(1) });
  }
  for (const change of placed) {
    const because = findConflict(change, placed);
    if (because !== undefined) return refuse(change.path, because);
  }
  const folders = new Set(placed.flatMap((change) => [...ancestors(change.place), ...(change.kind === 'opaque' ? [change.place] : [])]));
  const entries = [...[...folders].flatMap((path) => repeatFolder(files, path)), ...placed.map(toEntry)];
  return {
    kind: 'built',
    layer: buildLayer(
      entries.sort((a, b) => compareLayerPaths(a.path, b.path)),
      files,
    ),
  };
}

function refuse(path: string, because: string): PathLayer {
  return { kind: 'refused', finding: { id: 'path-not-proven', severity: 'block', params: { path, because } } };
}

function findObstacle(files: ImageFiles, change: LayerChange, physical: string): string | undefined {
  const entry = files.entry(physical);
  if (physical === '/') return 'it is the root of the image';
  if (nameOf(physical).startsWith(WHITEOUT)) return 'its name is that of a deletion marker';
  switch (change.kind) {
    case 'whiteout':
      return entry === undefined ? 'it is not in the image' : undefined;
    case 'opaque':
      if (entry === undefined) return 'it is not in the image';
      return entry.type === 'directory' ? undefined : `it is not a folder but a ${entry.type}`;
    case 'symlink':
      return entry?.type === 'directory' ? 'it is a folder' : undefined;
    case 'file':
      if (entry?.type === 'directory') return 'it is a folder';
      return (change.mode & ~0o777) === 0 ? undefined : 'it runs with the rights of its owner (setuid or setgid)';
    default:
      return assertNever(change);
  }
}

/** Two changes of which one hides what the other makes: runtimes disagree about the result. */
function findConflict(change: Placed, all: readonly Placed[]): string | undefined {
  const others = all.filter((other) => other !== change);
  if (others.some((other) => other.place === change.place)) return 'it is changed twice';
  const above = others.find((other) => change.place.startsWith(`${other.place}/`));
  if (above === undefined) return undefined;
  return above.kind === 'opaque' && (change.kind === 'symlink' || change.kind === 'file') ? undefined : `${above.path} above it is changed as well`;
}

/** A folder that runtimes give different attributes is left to them: without an entry it stays what it is on each. */
function repeatFolder(files: ImageFiles, path: string): readonly TarEntry[] {
  const entry = files.entry(`/${path}`);
  if (entry?.type !== 'directory') throw new Error(`not a folder of the image: /${path}`);
  if (files.doubt(`/${path}`) === 'attributes') return [];
  const xattrs = repeatableXattrs(entry.xattrs);
  return [{ kind: 'directory', path, mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, ...(xattrs === undefined ? {} : { xattrs }) }];
}

function toEntry(change: Placed): TarEntry {
  const common = { uid: 0, gid: 0, mtime: LAYER_TIME };
  switch (change.kind) {
    case 'symlink':
      return { ...common, kind: 'symlink', path: change.place, target: change.target, mode: 0o777 };
    case 'file':
      return { ...common, kind: 'file', path: change.place, bytes: change.bytes, mode: change.mode, uid: change.uid, gid: change.gid };
    case 'opaque':
      return { ...common, kind: 'file', path: `${change.place}/${OPAQUE}`, bytes: new Uint8Array(), mode: 0o644 };
    case 'whiteout':
      return { ...common, kind: 'file', path: whiteoutOf(change.place), bytes: new Uint8Array(), mode: 0o644 };
    default:
      return assertNever(change);
  }
}

function whiteoutOf(place: string): string {
  const folder = parentOf(place);
  return `${folder === '' ? '' : `${folder}/`}${WHITEOUT}${nameOf(place)}`;
}
