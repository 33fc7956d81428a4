import { describe, expect, it } from 'vitest';
import { mergeLayers } from './image-files.ts';
import { lintLayer } from './lint-layer.ts';
import type { TarEntry } from './tar-writer.ts';

const MTIME = 7;
const root = { uid: 0, gid: 0, mtime: MTIME };
const directory = (path: string, more: Partial<TarEntry> = {}): TarEntry => ({ ...root, mode: 0o755, ...more, kind: 'directory', path });
const file = (path: string, more: Partial<TarEntry> = {}): TarEntry => ({ bytes: new Uint8Array(), ...root, mode: 0o644, ...more, kind: 'file', path });
const attributes = { mode: 0o755, uid: 1, gid: 1, mtime: 3, size: 0 };
const lower = mergeLayers([
  {
    digest: 'sha256:0',
    texts: {},
    references: {},
    entries: [
      { path: '/app', type: 'directory', ...attributes },
      { path: '/app/x', type: 'file', ...attributes },
      { path: '/app/d', type: 'directory', ...attributes },
    ],
  },
]);
/** The same, under a layer that goes through `/app` without an entry, and through a file. */
const disputed = mergeLayers([
  {
    digest: 'sha256:0',
    texts: {},
    references: {},
    entries: [
      { path: '/app', type: 'directory', ...attributes },
      { path: '/app/x', type: 'file', ...attributes },
      { path: '/f', type: 'file', ...attributes },
    ],
  },
  {
    digest: 'sha256:1',
    texts: {},
    references: {},
    entries: [
      { path: '/app/y', type: 'file', ...attributes },
      { path: '/f/y', type: 'file', ...attributes },
    ],
  },
]);
const app = directory('app', attributes);

describe('lintLayer', () => {
  it.each<[name: string, entries: readonly TarEntry[]]>([
    ['a fresh folder', [directory('a'), directory('a/b'), file('a/b/c')]],
    ['a whiteout', [app, file('app/.wh.x')]],
    ['an opaque folder with something new', [app, directory('app/d', attributes), file('app/d/.wh..wh..opq'), file('app/d/new')]],
    ['a file replaced with its owner kept', [app, file('app/x', { uid: 1, gid: 1, mode: 0o750 })]],
  ])('accepts %s', (_name, entries) => {
    expect(() => lintLayer(entries, { mtime: MTIME, lower })).not.toThrow();
  });

  it('leaves a folder without an entry to runtimes where they disagree about its attributes, and only there', () => {
    expect(() => lintLayer([file('app/.wh.x')], { mtime: MTIME, lower: disputed })).not.toThrow();
    expect(() => lintLayer([app, file('app/.wh.x')], { mtime: MTIME, lower: disputed })).toThrow('decides what runtimes disagree about');
    expect(() => lintLayer([file('app/.wh.x')], { mtime: MTIME, lower })).toThrow('no entry for its folder');
    expect(() => lintLayer([directory('f', attributes), file('f/.wh.y')], { mtime: MTIME, lower: disputed })).toThrow('unpack the image differently');
  });

  it.each<[problem: string, entries: readonly TarEntry[]]>([
    ['appears twice', [file('a'), file('a')]],
    ['is absolute', [file('/a')]],
    ['component', [file('./a')]],
    ['component', [directory('.')]],
    ['component', [file('../a')]],
    ['component', [directory('a/')]],
    ['NUL', [file('a\0b')]],
    ['comes after', [file('b'), file('a')]],
    ['comes after', [app, file('app/-'), file('app/.wh.x')]],
    ['no entry for its folder', [file('a/b')]],
    ['no entry for its folder', [file('a'), file('a/b')]],
    ['not an empty file', [directory('.wh.a'), file('.wh.a/b')]],
    ['whiteout of nothing', [file('.wh.')]],
    ['not an empty file', [app, file('app/.wh.x', { bytes: Uint8Array.of(1) })]],
    ['not an empty file', [app, directory('app/.wh.x')]],
    ['created again', [app, file('app/.wh.x'), file('app/x')]],
    ['inside an opaque folder', [app, file('app/.wh..wh..opq'), file('app/.wh.x')]],
    ['not there', [app, file('app/.wh.nothing')]],
    ['no whiteout that runtimes know', [app, file('app/.wh..wh.plnk')]],
    ['changes the attributes', [directory('app')]],
    ['changes the attributes', [directory('app', { ...attributes, mtime: 4 })]],
    ['changes the attributes', [{ ...app, kind: 'directory', xattrs: { 'user.a': 'YQ==' } }]],
    ['on top of a file', [app, directory('app/x')]],
    ['replaces a folder', [app, file('app/d')]],
    ['setuid', [file('a', { mode: 0o4755 })]],
    ['setuid', [directory('a', { mode: 0o1777 })]],
    ['time of its own', [file('a', { mtime: 8 })]],
    ['somebody else', [file('a', { uid: 1 })]],
  ])('refuses what %s', (problem, entries) => {
    expect(() => lintLayer(entries, { mtime: MTIME, lower })).toThrow(problem);
  });
});
