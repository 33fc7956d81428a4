import type { Doubt, ImageFiles, LayerEntry, LayerIndex } from './image-facts.ts';
import { splitPath } from './layer-path.ts';
import { findNode, isDirectory, MAX_LINKS, newDirectory, readLayerTree } from './layer-tree.ts';
import type { Directory, FileNode, Leaf } from './layer-tree.ts';

/**
 * The file system that layers show on top of each other (lowest first), as overlayfs merges them and not as the image-spec's simpler words
 * have it: a directory that one layer both whites out and creates still shows what lies below, and a path through a lower layer's
 * symlink replaces the symlink. What overlayfs shows is what pods see.
 */
export function mergeLayers(indexes: readonly LayerIndex[]): ImageFiles {
  const root = indexes.map(readLayerTree).reduce(mergeDirectory, newDirectory());
  return {
    entry: (path) => readEntry(findNode(root, path), path),
    children: (path) => listNames(findNode(root, path)),
    doubt: (path) => findDoubt(root, path),
    physicalPath: (path) => resolveParents(root, path),
    text: (path) => leafAt(root, path)?.text,
    references: () => Object.fromEntries(listOf(root, '', (leaf) => leaf.references)),
    premainClass: (path) => leafAt(root, path)?.premainClass,
    couplings: () => Object.fromEntries(listOf(root, '', (leaf) => leaf.couplings)),
  };
}

/** Lays a layer's directory over a lower one; neither is changed. */
function mergeDirectory(lower: Directory, upper: Directory): Directory {
  const children = new Map(upper.opaque ? [] : lower.children);
  for (const name of upper.hidden) if (!isDirectory(upper.children.get(name))) children.delete(name);
  for (const [name, node] of upper.children) {
    const below = children.get(name);
    const merged = isDirectory(node) ? mergeDirectory(isDirectory(below) ? below : newDirectory(), node) : node;
    const disputed = isDirectory(node) && below !== undefined && (isDirectory(below) ? upper.hidden.has(name) && !node.opaque : node.entry === undefined);
    children.set(name, disputed ? { ...merged, doubtful: true } : merged);
  }
  const doubtful = lower.doubtful === true && !upper.opaque;
  return { ...upper, entry: upper.entry ?? lower.entry, stated: upper.entry !== undefined, doubtful, children };
}

function findDoubt(root: Directory, path: string): Doubt | undefined {
  let node: FileNode | undefined = root;
  for (const name of splitPath(path)) {
    node = isDirectory(node) ? node.children.get(name) : undefined;
    if (isDirectory(node) && node.doubtful) return 'content';
  }
  return isDirectory(node) && node !== root && !node.stated ? 'attributes' : undefined;
}

/** A directory that no layer has an entry for exists all the same, with the attributes that unpackers give it. */
function readEntry(node: FileNode | undefined, path: string): LayerEntry | undefined {
  if (node === undefined) return undefined;
  const absolute = `/${splitPath(path).join('/')}`;
  const implied = { type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 0 } as const;
  return { ...(node.entry ?? implied), path: absolute };
}

function listNames(node: FileNode | undefined): readonly string[] {
  return isDirectory(node) ? [...node.children.keys()].sort() : [];
}

function resolveParents(root: Directory, path: string): string | undefined {
  const rest = [...splitPath(path)];
  const trail: { readonly name: string; readonly node: Directory }[] = [];
  const physical = (...last: string[]): string => `/${[...trail.map((step) => step.name), ...last].join('/')}`;
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const node = (trail.at(-1)?.node ?? root).children.get(name);
    if (name === '..') trail.pop();
    else if (rest.length === 0) return physical(name);
    else if (isDirectory(node)) trail.push({ name, node });
    else if (node?.entry.type === 'symlink' && links++ < MAX_LINKS) {
      const target = node.entry.link ?? '';
      if (target.startsWith('/')) trail.length = 0;
      rest.unshift(...splitPath(target));
    } else return undefined;
  }
  return physical();
}

function leafAt(root: Directory, path: string): Leaf | undefined {
  const node = findNode(root, path);
  return isDirectory(node) ? undefined : node;
}

/** What the files below a node say, by path, as far as they say anything. */
function listOf<T>(node: FileNode, path: string, read: (leaf: Leaf) => T | undefined): readonly (readonly [path: string, found: T])[] {
  if (isDirectory(node)) return [...node.children].flatMap(([name, child]) => listOf(child, `${path}/${name}`, read));
  const found = read(node);
  return found === undefined ? [] : [[path, found]];
}
