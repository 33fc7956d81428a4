import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageFiles, LayerEntry, LayerIndex } from './image-facts.ts';
import { mergeLayers } from './image-files.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 1, size: 0 };
const file = (path: string, more: Partial<LayerEntry> = {}): LayerEntry => ({ ...attributes, ...more, path, type: 'file' });
const directory = (path: string, more: Partial<LayerEntry> = {}): LayerEntry => ({ ...attributes, mode: 0o755, ...more, path, type: 'directory' });
const symlink = (path: string, link: string): LayerEntry => ({ ...attributes, path, type: 'symlink', link });
const layer = (entries: readonly LayerEntry[], more: Partial<LayerIndex> = {}): LayerIndex => ({
  digest: 'sha256:0',
  entries,
  texts: {},
  references: {},
  ...more,
});

/** Every path with its type, as `find` would list them. */
function list(files: ImageFiles, path = ''): readonly string[] {
  return files.children(path).flatMap((name) => {
    const child = `${path}/${name}`;
    return [`${files.entry(child)?.type} ${child}`, ...list(files, child)];
  });
}

describe('mergeLayers', () => {
  const base = layer([file('/opt/skywalking/agent.jar'), directory('/opt/skywalking/plugins'), symlink('/home', 'data/home'), file('/data/home/app.jar')]);

  it.each<[name: string, upper: readonly LayerEntry[], opt: readonly string[]]>([
    ['a whiteout', [file('/opt/.wh.skywalking')], []],
    ['a whiteout and a file of the same name', [file('/opt/.wh.skywalking'), file('/opt/skywalking')], ['file /opt/skywalking']],
    [
      'a whiteout and a new folder of the same name, under which overlayfs shows the old files again',
      [file('/opt/.wh.skywalking'), file('/opt/skywalking/otel.jar')],
      ['directory /opt/skywalking', 'file /opt/skywalking/agent.jar', 'file /opt/skywalking/otel.jar', 'directory /opt/skywalking/plugins'],
    ],
    [
      'an opaque marker, before or after what comes new',
      [file('/opt/skywalking/otel.jar'), file('/opt/skywalking/.wh..wh..opq'), directory('/opt/skywalking/lib')],
      ['directory /opt/skywalking', 'directory /opt/skywalking/lib', 'file /opt/skywalking/otel.jar'],
    ],
    ['a file in place of a folder', [file('/opt/skywalking')], ['file /opt/skywalking']],
    ['bookkeeping of AUFS', [file('/opt/.wh..wh.plnk'), file('/opt/.wh.skywalking')], []],
  ])('merges %s', (_name, upper, expected) => {
    const files = mergeLayers([base, layer(upper)]);

    expect(list(files, '/opt')).toEqual(expected);
  });

  it('replaces a symlink of a lower layer by the folder that a path through it needs, and hides nothing behind it', () => {
    const files = mergeLayers([base, layer([file('/home/otel/j.jar'), file('/home/.wh.app.jar')])]);

    expect(list(files, '/home')).toEqual(['directory /home/otel', 'file /home/otel/j.jar']);
    expect(list(files, '/data')).toEqual(['directory /data/home', 'file /data/home/app.jar']);
  });

  it('follows a symlink that the same layer brought', () => {
    const files = mergeLayers([layer([symlink('/home', 'data/../d'), file('/home/a'), symlink('/abs', '/d/x'), file('/abs/b')])]);

    expect(list(files)).toEqual(['symlink /abs', 'directory /d', 'file /d/a', 'directory /d/x', 'file /d/x/b', 'directory /data', 'symlink /home']);
  });

  it('takes the attributes of a folder from the topmost layer with an entry for it', () => {
    const files = mergeLayers([layer([directory('/app', { mode: 0o750, uid: 1000 })]), layer([file('/app/x'), file('/new/y')]), layer([file('/app/z')])]);

    expect(files.entry('/app')).toEqual(directory('/app', { mode: 0o750, uid: 1000 }));
    expect(files.entry('/new/')).toEqual(directory('/new', { mtime: 0 }));
  });

  it('shows a hardlink as the file it is another name of', () => {
    const index = layer([file('/a/x', { size: 5, mode: 0o700 }), { ...file('/b/y'), type: 'hardlink', link: 'a/x' }], { texts: { '/a/x': 'hello' } });

    const files = mergeLayers([index, layer([file('/a/.wh.x')])]);

    expect(files.entry('/b/y')).toEqual(file('/b/y', { size: 5, mode: 0o700 }));
    expect(files.text('/b/y')).toBe('hello');
    expect(files.entry('/a/x')).toBeUndefined();
  });

  it('keeps the text and the references of the files that are still to be seen', () => {
    const lower = layer([file('/a.sh'), file('/b.sh'), file('/c.jar'), file('/d.jar')], {
      texts: { '/a.sh': 'old', '/b.sh': 'b' },
      references: { '/c.jar': ['core'], '/d.jar': ['core'] },
    });

    const files = mergeLayers([lower, layer([file('/a.sh'), file('/.wh.d.jar')], { texts: { '/a.sh': 'new' } })]);

    expect([files.text('/a.sh'), files.text('/b.sh'), files.text('/c.jar')]).toEqual(['new', 'b', undefined]);
    expect(files.references()).toEqual({ '/c.jar': ['core'] });
  });

  it('is not confused by names that objects have', () => {
    const files = mergeLayers([layer([file('/__proto__'), file('/constructor/toString')])]);

    expect(list(files)).toEqual(['file /__proto__', 'directory /constructor', 'file /constructor/toString']);
    expect([files.text('/__proto__'), files.text('/constructor/toString')]).toEqual([undefined, undefined]);
  });

  it('merges like a list of paths does, where no symlink and no folder under its own whiteout is in play', () => {
    fc.assert(
      fc.property(fc.array(fc.array(operations, { maxLength: 6 }), { maxLength: 4 }), (layers) => {
        const files = mergeLayers(layers.map((operations) => layer(operations.map(toEntry))));

        const expected = layers.reduce(mergeNaively, new Map<string, string>());
        expect(new Set(list(files))).toEqual(new Set([...expected].map(([path, type]) => `${type} ${path}`)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('doubt', () => {
  const base = layer([directory('/app', { mode: 0o750, uid: 1000 }), directory('/app/lib'), file('/app/lib/x'), symlink('/home', 'app'), file('/top')]);

  it.each<[name: string, upper: readonly LayerEntry[], path: string, expected: string | undefined]>([
    ['a folder with an entry', [], '/app', undefined],
    ['a folder that a layer above goes through without an entry', [file('/app/y')], '/app', 'attributes'],
    ['what is in such a folder', [file('/app/y')], '/app/lib', undefined],
    ['a folder with a new entry', [directory('/app'), file('/app/y')], '/app', undefined],
    ['a folder that no layer has an entry for', [file('/new/y')], '/new', 'attributes'],
    ['a file', [file('/app/lib/x')], '/app/lib/x', undefined],
    ['what is not there', [], '/nope/x', undefined],
    ['a folder deleted and made again by one layer', [file('/app/.wh.lib'), directory('/app/lib')], '/app/lib', 'content'],
    ['what is below that', [file('/app/.wh.lib'), directory('/app/lib')], '/app/lib/x', 'content'],
    ['a folder deleted, emptied and made again', [file('/app/.wh.lib'), directory('/app/lib'), file('/app/lib/.wh..wh..opq')], '/app/lib', undefined],
    ['a folder made in place of a deleted file', [file('/.wh.top'), directory('/top')], '/top', undefined],
    ['a path through a link of a layer below', [file('/home/y')], '/home', 'content'],
    ['a deletion through a link of a layer below', [file('/home/.wh.lib')], '/home', 'content'],
    ['a folder in place of a link', [directory('/home'), file('/home/y')], '/home', undefined],
    ['the root', [file('/z')], '/', undefined],
  ])('of %s', (_name, upper, path, expected) => {
    expect(mergeLayers([base, layer(upper)]).doubt(path)).toBe(expected);
  });

  it('ends where a later layer is plain about it', () => {
    const files = mergeLayers([
      base,
      layer([file('/app/y'), file('/home/y'), file('/app/.wh.lib'), file('/app/lib/z')]),
      layer([directory('/app'), file('/.wh.home'), directory('/app/lib'), file('/app/lib/.wh..wh..opq')]),
    ]);

    expect(['/app', '/app/lib', '/home'].map((path) => files.doubt(path))).toEqual([undefined, undefined, undefined]);
  });

  it('stays where a later layer only adds to it', () => {
    const files = mergeLayers([base, layer([file('/home/y')]), layer([directory('/home'), file('/home/z')])]);

    expect(files.doubt('/home/z')).toBe('content');
  });
});

describe('physicalPath', () => {
  const files = mergeLayers([
    layer([
      file('/data/home/app.jar'),
      symlink('/home', 'data/home'),
      symlink('/data/up', '../data/./home/'),
      symlink('/app', '/home'),
      symlink('/loop', 'loop'),
      symlink('/data/home/last', '/nowhere'),
      symlink('/outside', '../../data'),
    ]),
  ]);

  it.each([
    ['/data/home/app.jar', '/data/home/app.jar'],
    ['/home/app.jar', '/data/home/app.jar'],
    ['/app/app.jar', '/data/home/app.jar'],
    ['/data/up/app.jar', '/data/home/app.jar'],
    ['/home/last', '/data/home/last'],
    ['/home/absent', '/data/home/absent'],
    ['/home/../home/x', '/data/home/x'],
    ['/outside/home/x', '/data/home/x'],
    ['/../data//x/', '/data/x'],
    ['/home', '/home'],
    ['/home/..', '/data'],
    ['/', '/'],
    ['/absent/x', undefined],
    ['/data/home/app.jar/x', undefined],
    ['/loop/x', undefined],
    ['/home/last/x', undefined],
  ])('resolves %s to %s', (path, expected) => {
    expect(files.physicalPath(path)).toBe(expected);
  });

  it('follows 40 links and not one more', () => {
    const chain = mergeLayers([layer([directory('/l0'), ...Array.from({ length: 41 }, (_, index) => symlink(`/l${index + 1}`, `l${index}`))])]);

    expect(chain.physicalPath('/l40/x')).toBe('/l0/x');
    expect(chain.physicalPath('/l41/x')).toBeUndefined();
  });
});

interface Operation {
  readonly kind: 'file' | 'whiteout' | 'opaque';
  readonly path: string;
}

const operations: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('file', 'file', 'whiteout', 'opaque'),
  // Files and folders never share a name, so that within one layer the order does not matter.
  path: fc.tuple(fc.constantFrom('/d', '/e', '/d/d', '/e/d'), fc.constantFrom('x', 'y')).map(([folder, name]) => `${folder}/${name}`),
});

function toEntry({ kind, path }: Operation): LayerEntry {
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (kind === 'opaque') return file(`${folder}/.wh..wh..opq`);
  return kind === 'file' ? file(path) : file(`${folder}/.wh.${path.slice(folder.length + 1)}`);
}

/** The image-spec's words: markers hide what lower layers have, then the layer's own files come on top. */
function mergeNaively(lower: ReadonlyMap<string, string>, operations: readonly Operation[]): Map<string, string> {
  const hidden = operations.flatMap(({ kind, path }) => (kind === 'whiteout' ? [path] : kind === 'opaque' ? [path.slice(0, -1)] : []));
  const merged = new Map(
    [...lower].filter(
      ([path]) => !hidden.some((prefix) => path === prefix || (path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/'))),
    ),
  );
  for (const { kind, path } of operations) {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) merged.set(path.slice(0, at), 'directory');
    if (kind === 'file') merged.set(path, 'file');
  }
  return merged;
}
