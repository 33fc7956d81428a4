import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** What every path of a file system is, in one line: type, mode, owner, content. */
export type Tree = ReadonlyMap<string, string>;

/** Folders that tools mount over or write into while they build. */
const NOISE = new Set(['/dev', '/etc', '/proc', '/run', '/sys']);

/** What is listed and is not there. */
export const GHOST = 'ghost';

/** Lists what lies below a folder, following no link. Paths are absolute from there. */
export function listTree(root: string): Tree {
  const tree = new Map<string, string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const child = `${path}/${name}`;
      if (NOISE.has(child)) continue;
      const stat = lstatSync(join(root, child), { throwIfNoEntry: false });
      tree.set(child, stat === undefined ? GHOST : describe(join(root, child), stat));
      if (stat?.isDirectory()) visit(child);
    }
  };
  visit('');
  return tree;
}

/** Paths that differ, with what each side has. */
export function compareTrees(ours: Tree, other: Tree): readonly string[] {
  return [...new Set([...ours.keys(), ...other.keys()])]
    .filter((path) => ours.get(path) !== other.get(path))
    .map((path) => `${path}: ${ours.get(path) ?? 'absent'}, not ${other.get(path) ?? 'absent'}`);
}

function describe(path: string, stat: Stats): string {
  const owner = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
  if (stat.isDirectory()) return `directory ${owner}`;
  // The mode of a symlink means nothing, and unpackers differ in it.
  if (stat.isSymbolicLink()) return `symlink ${stat.uid}:${stat.gid} ${readlinkSync(path)}`;
  if (stat.isFile()) return `file ${owner} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  return `other ${owner}`;
}
