import * as fc from 'fast-check';
import { assertNever } from '../../src/core/error.ts';
import type { ImageFiles } from '../../src/core/image/image-facts.ts';
import { buildPathLayer, type LayerChange } from '../../src/core/image/path-layer.ts';

/** A change that is asked for: which of all changes one could think of, modulo their number. */
export interface Wish {
  readonly kind: LayerChange['kind'];
  readonly pick: number;
}

export const wishes: fc.Arbitrary<readonly Wish[]> = fc.array(
  fc.record({ kind: fc.constantFrom('whiteout', 'whiteout', 'symlink', 'file', 'opaque'), pick: fc.nat(1000) }),
  { minLength: 1, maxLength: 6 },
);

/** Where the agent's jar of the tests lies. */
export const NEW_JAR = '/changeover/agent/javaagent.jar';

/** The wished changes below a folder that are not refused, alone and together. */
export function chooseChanges(files: ImageFiles, home: string, asked: readonly Wish[]): readonly LayerChange[] {
  const places = listPlaces(files, home);
  const accepted: LayerChange[] = [];
  for (const { kind, pick } of asked) {
    const path = places[pick % places.length];
    const change = path === undefined ? undefined : toChange(kind, path);
    if (change === undefined || buildPathLayer(files, [...accepted, change]).kind === 'refused') continue;
    if (!fillsSubfolder(files, [...accepted, change])) accepted.push(change);
  }
  return accepted;
}

/** Whether a folder is emptied and something comes into a folder below it: our layer makes that folder again, while in a shell it is gone. */
function fillsSubfolder(files: ImageFiles, changes: readonly LayerChange[]): boolean {
  const places = changes.map(({ kind, path }) => ({ kind, place: files.physicalPath(path) ?? '' }));
  const emptied = places.filter(({ kind }) => kind === 'opaque').map(({ place }) => place);
  return emptied.some((folder) => places.some(({ place }) => place.startsWith(`${folder}/`) && place.slice(folder.length + 1).includes('/')));
}

/** Does the same in a shell. The kernel finds all places before the first change, since one may remove a link that leads to another. */
export function toShell(changes: readonly LayerChange[]): string {
  // Emptying a folder comes before what is put into it.
  const ordered = changes.toSorted((a, b) => Number(b.kind === 'opaque') - Number(a.kind === 'opaque'));
  const places = ordered.map(({ path }, at) => {
    const slash = path.lastIndexOf('/');
    return `p${at}="$(cd ${quote(path.slice(0, slash))} && pwd -P)"/${quote(path.slice(slash + 1))}`;
  });
  return [...places, ...ordered.map((change, at) => applyAt(change, `"$p${at}"`))].join('\n');
}

function applyAt(change: LayerChange, path: string): string {
  switch (change.kind) {
    case 'whiteout':
      return `rm -rf ${path}`;
    case 'opaque':
      return `rm -rf ${path}/* ${path}/.[!.]* ${path}/..?*`;
    case 'symlink':
      // A folder with the setgid bit would hand its group down.
      return `rm -f ${path} && ln -s ${quote(change.target)} ${path} && chown -h 0:0 ${path}`;
    case 'file':
      return `rm -f ${path} && printf %s ${quote(Buffer.from(change.bytes).toString())} > ${path} && chown ${change.uid}:${change.gid} ${path} && chmod ${change.mode.toString(8)} ${path}`;
    default:
      return assertNever(change);
  }
}

/** Every path there is, also as seen through links to folders, and one that is not there in each folder. */
function listPlaces(files: ImageFiles, folder: string, viaLinks = true): readonly string[] {
  const names = [...files.children(folder), 'new.jar'];
  return names.flatMap((name) => {
    const path = `${folder}/${name}`;
    const entry = files.entry(path);
    if (entry?.type === 'directory') return [path, ...listPlaces(files, path, viaLinks)];
    const inside = entry?.type === 'symlink' && viaLinks ? files.physicalPath(`${path}/.x`) : undefined;
    return inside === undefined ? [path] : [path, ...files.children(inside.slice(0, -3)).map((child) => `${path}/${child}`)];
  });
}

function toChange(kind: LayerChange['kind'], path: string): LayerChange {
  switch (kind) {
    case 'symlink':
      return { kind, path, target: NEW_JAR };
    case 'file':
      return { kind, path, bytes: Buffer.from(`new ${path}`), mode: 0o755, uid: 0, gid: 0 };
    case 'whiteout':
    case 'opaque':
      return { kind, path };
    default:
      return assertNever(kind);
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
