import * as fc from 'fast-check';

/** One entry of a layer, as tar has it. Paths are absolute. */
export interface GeneratedEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'link';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly text?: string;
  readonly linkname?: string;
}

interface Step {
  readonly kind: 'directory' | 'file' | 'symlink' | 'hardlink' | 'whiteout' | 'opaque' | 'next-layer';
  /** Which of the folders or paths there are, modulo their number. */
  readonly pick: number;
  readonly name: string;
  readonly mode: number;
  readonly owner: number;
  readonly target: string;
  /** Whether folders above have entries of their own in this layer. */
  readonly withParents: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('directory', 'directory', 'file', 'file', 'file', 'symlink', 'hardlink', 'whiteout', 'opaque', 'next-layer'),
  pick: fc.nat(1000),
  name: fc.constantFrom('a', 'b', 'lib', '-x', 'é ü', 'agent.jar'),
  mode: fc.constantFrom(0o755, 0o700, 0o1777, 0o2755, 0o711, 0o644, 0o4755, 0o600),
  owner: fc.constantFrom(0, 1000, 65_534),
  target: fc.constantFrom('a', 'b', '../a', 'lib/a', './/b', '../../../a', '/nowhere', 'HOME/a', 'HOME/b', 'HOME/lib'),
  withParents: fc.boolean(),
});

/** Layers, lowest first, that image builders could have made below one top-level folder: no path twice in a layer, nothing under a link of a layer below. */
export function generateLayers(home: string): fc.Arbitrary<readonly (readonly GeneratedEntry[])[]> {
  return fc.array(step, { minLength: 8, maxLength: 30 }).map((steps) => {
    const builder = new LayerBuilder(home);
    for (const each of steps) builder.take(each);
    return builder.finish();
  });
}

/** Plays the steps on the tree they make, and leaves out those that would make a layer no builder writes. */
class LayerBuilder {
  private readonly layers: GeneratedEntry[][] = [];
  private layer = new Map<string, GeneratedEntry>();
  private readonly tree = new Map<string, GeneratedEntry>();
  /** What this layer hides: nothing comes there again in it. */
  private hidden: string[] = [];
  /** Folders this layer empties: a whiteout inside would be a ghost. */
  private emptied: string[] = [];
  private readonly home: string;

  constructor(home: string) {
    this.home = home;
    this.add({ path: home, type: 'directory', mode: 0o755, uid: 0, gid: 0 }, true);
  }

  take(step: Step): void {
    if (step.kind === 'next-layer') this.closeLayer();
    else if (step.kind === 'whiteout') this.hide(step);
    else if (step.kind === 'opaque') this.empty(step);
    else this.create(step);
  }

  finish(): readonly (readonly GeneratedEntry[])[] {
    this.closeLayer();
    return this.layers;
  }

  private closeLayer(): void {
    if (this.layer.size > 0) this.layers.push([...this.layer.values()]);
    this.layer = new Map();
    this.hidden = [];
    this.emptied = [];
  }

  private create({ kind, pick, name, mode, owner, target, withParents }: Step): void {
    const path = `${choose(this.folders(), pick)?.path}/${name}`;
    const below = this.tree.get(path);
    if (this.layer.has(path) || isUnderAny(path, this.hidden)) return;
    if (below?.type === 'directory' && kind !== 'directory' && this.isTouched(path)) return;
    const common = { path, mode, uid: owner, gid: owner };
    const files = [...this.layer.values()].filter((entry) => entry.type === 'file' && !entry.path.includes('/.wh.'));
    const original = choose(files, pick);
    if (kind === 'symlink') this.add({ ...common, type: 'symlink', mode: 0o777, linkname: target.replace('HOME', this.home) }, withParents);
    else if (kind === 'directory') this.add({ ...common, type: 'directory' }, withParents);
    else if (kind === 'file') this.add({ ...common, type: 'file', text: `${path} ${pick}` }, withParents);
    else if (original !== undefined) this.add({ ...original, path, type: 'link', linkname: original.path.slice(1) }, withParents);
  }

  private hide({ pick, withParents }: Step): void {
    const places = [...this.tree.keys()].filter((path) => path !== this.home && !this.isTouched(path) && !isUnderAny(path, this.emptied));
    const path = choose(places, pick);
    if (path === undefined) return;
    this.hidden.push(path);
    this.forget(path);
    const at = path.lastIndexOf('/');
    this.note({ ...marker, path: `${path.slice(0, at)}/.wh.${path.slice(at + 1)}` }, withParents);
  }

  private empty({ pick }: Step): void {
    const folder = choose(
      this.folders().filter(({ path }) => !this.isTouched(path) && !isUnderAny(path, this.emptied)),
      pick,
    );
    if (folder === undefined || this.hidden.some((place) => isUnderAny(place, [folder.path]))) return;
    this.forget(folder.path);
    this.emptied.push(folder.path);
    this.add(folder, true);
    this.note({ ...marker, path: `${folder.path}/.wh..wh..opq` }, true);
  }

  private folders(): readonly GeneratedEntry[] {
    return [...this.tree.values()].filter(({ type }) => type === 'directory');
  }

  /** Whether this layer says something of the path or of what is in it. */
  private isTouched(path: string): boolean {
    return [...this.layer.keys()].some((other) => isUnderAny(other, [path]));
  }

  private add(entry: GeneratedEntry, withParents: boolean): void {
    if (entry.type !== 'directory') this.forget(entry.path);
    this.tree.set(entry.path, entry);
    this.note(entry, withParents);
  }

  private note(entry: GeneratedEntry, withParents: boolean): void {
    const parts = entry.path.split('/').slice(1, -1);
    const parents = parts.flatMap((_, at) => this.tree.get(`/${parts.slice(0, at + 1).join('/')}`) ?? []);
    for (const parent of withParents ? parents : []) if (!this.layer.has(parent.path)) this.layer.set(parent.path, parent);
    this.layer.set(entry.path, entry);
  }

  private forget(path: string): void {
    for (const other of this.tree.keys()) if (isUnderAny(other, [path])) this.tree.delete(other);
  }
}

const marker = { type: 'file', mode: 0o644, uid: 0, gid: 0, text: '' } as const;

function choose<T>(values: readonly T[], pick: number): T | undefined {
  return values[pick % values.length];
}

function isUnderAny(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}
