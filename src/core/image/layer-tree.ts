import type { Coupling, LayerEntry, LayerIndex } from './image-facts.ts';
import { OPAQUE, splitPath, WHITEOUT } from './layer-path.ts';

/** A directory of one layer, or of layers merged. */
export interface Directory {
  /** Undefined when it is only implied by a path below it. */
  readonly entry: LayerEntry | undefined;
  readonly children: Map<string, FileNode>;
  /** Names of lower layers that this layer's whiteouts hide in this directory. */
  readonly hidden: Set<string>;
  /** Whether this layer hides everything that lower layers have in this directory. */
  opaque: boolean;
  /** Whether runtimes disagree about what is in it. */
  readonly doubtful?: boolean;
  /** Of merged layers: whether the topmost one that has something in it has an entry for it. */
  readonly stated?: boolean;
}

/** Anything but a directory. */
export interface Leaf {
  readonly entry: LayerEntry;
  readonly text?: string;
  readonly references?: readonly string[];
  readonly premainClass?: string;
  readonly couplings?: readonly Coupling[];
}

export type FileNode = Directory | Leaf;

/** How many symlinks a path may lead through, as in Linux. */
export const MAX_LINKS = 40;

/**
 * One layer as the tree that container runtimes unpack it to, on its own: parents that have no entry are made, and symlinks are followed
 * only where the layer itself has brought them (containerd resolves paths inside the upper directory alone).
 */
export function readLayerTree(index: LayerIndex): Directory {
  const root = newDirectory();
  for (const entry of index.entries) addEntry(root, entry, index);
  return root;
}

/** An empty directory. */
export function newDirectory(entry?: LayerEntry): Directory {
  return { entry, children: new Map(), hidden: new Set(), opaque: false };
}

/** Narrows a node that may be missing to a directory. */
export function isDirectory(node: FileNode | undefined): node is Directory {
  return node !== undefined && 'children' in node;
}

/** The node at a path, following no symlink. */
export function findNode(root: Directory, path: string): FileNode | undefined {
  return splitPath(path).reduce<FileNode | undefined>((node, name) => (isDirectory(node) ? node.children.get(name) : undefined), root);
}

function addEntry(root: Directory, entry: LayerEntry, index: LayerIndex): void {
  const parts = splitPath(entry.path);
  const name = parts.at(-1);
  // The entry of the root itself is ignored by overlay runtimes.
  if (name === undefined) return;
  const parent = makeDirectory(root, parts.slice(0, -1));
  if (name === OPAQUE) parent.opaque = true;
  // Other double prefixes are AUFS's own bookkeeping.
  else if (name.startsWith(`${WHITEOUT}${WHITEOUT}`)) return;
  else if (name.startsWith(WHITEOUT)) parent.hidden.add(name.slice(WHITEOUT.length));
  else if (entry.type === 'directory') parent.children.set(name, replaceEntry(parent.children.get(name), entry));
  else parent.children.set(name, linkedNode(root, entry) ?? newLeaf(entry, index));
}

function replaceEntry(before: FileNode | undefined, entry: LayerEntry): Directory {
  return isDirectory(before) ? { ...before, entry } : newDirectory(entry);
}

/** A hardlink is a second name of the file it names. */
function linkedNode(root: Directory, entry: LayerEntry): Leaf | undefined {
  const node = entry.type === 'hardlink' ? findNode(root, entry.link ?? '') : undefined;
  return isDirectory(node) ? undefined : node;
}

function newLeaf(entry: LayerEntry, index: LayerIndex): Leaf {
  // `hasOwn`: paths come from images, and `__proto__` is a file name like any other.
  const at = <T>(map: { readonly [path: string]: T } = {}): T | undefined => (Object.hasOwn(map, entry.path) ? map[entry.path] : undefined);
  const text = at(index.texts);
  const references = at(index.references);
  const premainClass = at(index.premainClasses);
  const couplings = at(index.couplings);
  return {
    entry,
    ...(text === undefined ? {} : { text }),
    ...(references ? { references } : {}),
    ...(premainClass === undefined ? {} : { premainClass }),
    ...(couplings ? { couplings } : {}),
  };
}

/** The directory at a path of this layer, made where it is missing; a file in its place gives way to it. */
function makeDirectory(root: Directory, path: readonly string[]): Directory {
  const rest = [...path];
  const trail: Directory[] = [];
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const here = trail.at(-1) ?? root;
    const next = here.children.get(name);
    if (name === '..') trail.pop();
    else if (isDirectory(next)) trail.push(next);
    else if (next?.entry.type === 'symlink' && links++ < MAX_LINKS) {
      const target = next.entry.link ?? '';
      if (target.startsWith('/')) trail.length = 0;
      rest.unshift(...splitPath(target));
    } else {
      const made = newDirectory();
      here.children.set(name, made);
      trail.push(made);
    }
  }
  return trail.at(-1) ?? root;
}
