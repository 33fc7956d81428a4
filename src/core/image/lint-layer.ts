import { jsonEqual } from '../json.ts';
import type { ImageFiles } from './image-facts.ts';
import { ancestors, compareLayerPaths, nameOf, OPAQUE, parentOf, WHITEOUT } from './layer-path.ts';
import { repeatableXattrs } from './repeatable-xattrs.ts';
import type { TarEntry } from './tar-writer.ts';

interface Ground {
  /** The fixed time of everything that is new, in seconds. */
  readonly mtime: number;
  /** What the layer goes on top of, where it touches that at all. */
  readonly lower?: ImageFiles;
}

/**
 * Checks a layer of ours against every rule whose breach some container runtime would turn into a different file system: the last
 * line before an image leaves us. Throws a plain Error, since a breach is a bug of ours and never the user's.
 */
export function lintLayer(entries: readonly TarEntry[], ground: Ground): void {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const [index, entry] of entries.entries()) {
    const problem =
      findNameProblem(entry.path) ??
      findOrderProblem(entry, { previous: entries[index - 1], byPath, lower: ground.lower }) ??
      findWhiteoutProblem(entry, byPath, ground) ??
      findAttributeProblem(entry, ground);
    if (problem !== undefined) throw new Error(`a layer we built breaks a rule: "${entry.path}" ${problem}`);
  }
}

function findNameProblem(path: string): string | undefined {
  const parts = path.split('/');
  if (path.startsWith('/')) return 'is absolute';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'has an empty, "." or ".." component';
  if (path.includes('\0')) return 'has a NUL character';
  return nameOf(path) === WHITEOUT ? 'is a whiteout of nothing' : undefined;
}

interface Around {
  readonly previous: TarEntry | undefined;
  readonly byPath: ReadonlyMap<string, TarEntry>;
  readonly lower: ImageFiles | undefined;
}

function findOrderProblem(entry: TarEntry, { previous, byPath, lower }: Around): string | undefined {
  if (byPath.get(entry.path) !== entry) return 'appears twice';
  if (previous !== undefined && compareLayerPaths(previous.path, entry.path) >= 0) return `comes after "${previous.path}"`;
  const missing = ancestors(entry.path).find((path) => (byPath.get(path)?.kind ?? leftToRuntimes(lower, path)) !== 'directory');
  return missing === undefined ? undefined : `has no entry for its folder "${missing}"`;
}

/** A folder whose attributes runtimes disagree about stays on each what it is, if no entry says otherwise. */
function leftToRuntimes(lower: ImageFiles | undefined, path: string): string | undefined {
  return lower?.doubt(`/${path}`) === 'attributes' ? lower.entry(`/${path}`)?.type : undefined;
}

function findWhiteoutProblem(entry: TarEntry, byPath: ReadonlyMap<string, TarEntry>, { lower }: Ground): string | undefined {
  const name = nameOf(entry.path);
  if (!name.startsWith(WHITEOUT)) return undefined;
  if (entry.kind !== 'file' || entry.bytes.length > 0) return 'is a whiteout that is not an empty file';
  if (name === OPAQUE) return undefined;
  if (name.startsWith(`${WHITEOUT}${WHITEOUT}`)) return 'is no whiteout that runtimes know';
  const target = [parentOf(entry.path), name.slice(WHITEOUT.length)].filter(Boolean).join('/');
  if (byPath.has(target)) return 'is created again in the same layer';
  if (ancestors(entry.path).some((folder) => byPath.has(`${folder}/${OPAQUE}`))) return 'is a whiteout inside an opaque folder';
  return lower?.entry(`/${target}`) === undefined ? 'is a whiteout of something that is not there' : undefined;
}

function findAttributeProblem(entry: TarEntry, { mtime, lower }: Ground): string | undefined {
  const below = lower?.entry(`/${entry.path}`);
  if ([...ancestors(entry.path), entry.path].some((path) => lower?.doubt(`/${path}`) === 'content')) return 'lies where runtimes unpack the image differently';
  const sameOwner = entry.uid === below?.uid && entry.gid === below.gid;
  if (entry.kind === 'directory' && below !== undefined) {
    if (below.type !== 'directory') return `is a folder on top of a ${below.type}`;
    if (lower?.doubt(`/${entry.path}`) !== undefined) return 'decides what runtimes disagree about';
    const same = sameOwner && entry.mode === below.mode && entry.mtime === below.mtime && jsonEqual(entry.xattrs, repeatableXattrs(below.xattrs));
    return same ? undefined : 'changes the attributes of a folder of the image';
  }
  if (entry.mtime !== mtime) return 'has a time of its own';
  if ((entry.mode & ~0o777) !== 0) return 'is setuid, setgid or sticky';
  if (below?.type === 'directory') return 'replaces a folder of the image';
  return (entry.uid === 0 && entry.gid === 0) || sameOwner ? undefined : 'belongs to somebody else than root';
}
