import { describe, expect, it } from 'vitest';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { ImageFiles } from '../../src/core/image/image-facts.ts';
import type { GeneratedEntry } from '../image/generate-layers.ts';
import { missingTools, unpackers, withImageTools, type ImageTools, type Unpacker } from '../image/image-tools.ts';
import { GHOST, type Tree } from '../image/list-tree.ts';
import { pushGenerated, scanImage } from '../image/push-generated.ts';

const root = { mode: 0o644, uid: 0, gid: 0 } as const;
const file = (path: string, text = path): GeneratedEntry => ({ ...root, path, type: 'file', text });
const marker = (path: string): GeneratedEntry => file(path, '');
const folder = (path: string, mode = 0o755, owner = 0): GeneratedEntry => ({ path, type: 'directory', mode, uid: owner, gid: owner });
const base = [
  folder('/opt', 0o711),
  folder('/opt/skywalking'),
  file('/opt/skywalking/agent.jar'),
  folder('/opt/skywalking/plugins'),
  folder('/data'),
  folder('/data/home'),
  file('/data/home/app.jar'),
  { ...root, path: '/home', type: 'symlink', linkname: 'data/home' } as const,
  folder('/app', 0o750, 1000),
  folder('/tmp', 0o1777),
];

/** What one unpacker shows at and below a path; `fails` where it cannot unpack the image. */
type Seen = string;

interface Row {
  readonly name: string;
  readonly layers: readonly (readonly GeneratedEntry[])[];
  readonly at: string;
  readonly umoci: Seen;
  readonly vfs: Seen;
  readonly overlay: Seen;
}

const all = (seen: Seen): Pick<Row, 'umoci' | 'vfs' | 'overlay'> => ({ umoci: seen, vfs: seen, overlay: seen });
const fails = 'fails';
const opt = folder('/opt', 0o711);
const hidden = marker('/opt/.wh.skywalking');
const opaque = marker('/opt/skywalking/.wh..wh..opq');
const otel = [folder('/opt/skywalking'), file('/opt/skywalking/otel.jar')];
const onlyNew = '/opt/skywalking /opt/skywalking/otel.jar';

const rows: readonly Row[] = [
  {
    name: 'a deletion, then the same folder with something new: overlay shows the old files again',
    layers: [[opt, hidden, ...otel]],
    at: '/opt/skywalking',
    umoci: onlyNew,
    vfs: onlyNew,
    overlay: '/opt/skywalking /opt/skywalking/agent.jar /opt/skywalking/otel.jar /opt/skywalking/plugins',
  },
  { name: 'the same in the other order', layers: [[opt, ...otel, hidden]], at: '/opt/skywalking', umoci: onlyNew, vfs: fails, overlay: fails },
  {
    name: 'an opaque marker, then something new',
    layers: [[opt, folder('/opt/skywalking'), opaque, file('/opt/skywalking/otel.jar')]],
    at: '/opt/skywalking',
    ...all(onlyNew),
  },
  { name: 'something new, then an opaque marker', layers: [[opt, ...otel, opaque]], at: '/opt/skywalking', ...all(onlyNew) },
  {
    name: 'a deletion, and the folder in another layer',
    layers: [
      [opt, hidden],
      [opt, ...otel],
    ],
    at: '/opt/skywalking',
    ...all(onlyNew),
  },
  {
    name: 'a file in place of a file',
    layers: [[opt, folder('/opt/skywalking'), file('/opt/skywalking/agent.jar', 'new')]],
    at: '/opt/skywalking',
    ...all('/opt/skywalking /opt/skywalking/agent.jar /opt/skywalking/plugins'),
  },
  {
    name: 'a path through a link: overlay replaces the link, and what it led to is gone from there',
    layers: [[file('/home/otel/j.jar')]],
    at: '/home',
    umoci: '/home',
    vfs: '/home',
    overlay: '/home /home/otel /home/otel/j.jar',
  },
  { name: 'a folder in place of a link', layers: [[folder('/home'), file('/home/otel/j.jar')]], at: '/home', ...all('/home /home/otel /home/otel/j.jar') },
  {
    name: 'a deletion through a link: overlay keeps the file',
    layers: [[marker('/home/.wh.app.jar')]],
    at: '/data/home',
    umoci: '/data/home',
    vfs: '/data/home',
    overlay: '/data/home /data/home/app.jar',
  },
  {
    name: 'a deletion of what is not there: a folder comes, or a name that leads nowhere',
    layers: [[marker('/nope/.wh.ghost')]],
    at: '/nope',
    umoci: '',
    vfs: '/nope',
    overlay: '/nope /nope/ghost (ghost)',
  },
  {
    name: 'a deletion in an emptied folder: overlay lists the name all the same',
    layers: [[opt, folder('/opt/skywalking'), opaque, marker('/opt/skywalking/.wh.agent.jar')]],
    at: '/opt/skywalking',
    umoci: '/opt/skywalking',
    vfs: '/opt/skywalking',
    overlay: '/opt/skywalking /opt/skywalking/agent.jar (ghost)',
  },
  { name: 'an absolute name', layers: [[file('//otel/x')]], at: '/otel', ...all('/otel /otel/x') },
];

const attributeRows: readonly (readonly [name: string, layer: readonly GeneratedEntry[], path: string, others: string, overlay: string])[] = [
  ['entries for every folder above', [folder('/app', 0o750, 1000), file('/app/x')], '/app', 'directory 750 1000:1000', 'directory 750 1000:1000'],
  ['no entry for the folder above', [file('/app/x')], '/app', 'directory 750 1000:1000', 'directory 755 0:0'],
  ['no entry for the sticky folder above', [file('/tmp/x')], '/tmp', 'directory 1777 0:0', 'directory 755 0:0'],
  ['a deletion and no entry for the folder above', [marker('/opt/.wh.skywalking')], '/opt', 'directory 711 0:0', 'directory 755 0:0'],
];

const missing = missingTools();

describe.skipIf(missing.length > 0)('a layer on top of an image, unpacked', () => {
  it('is what the table of runtimes says, and where they disagree our view of the files is in doubt', async () => {
    await eachImage(
      rows.map(({ layers }) => layers),
      async (tools, { reference, files }, index) => {
        const row = rows[index];
        if (!row) return;
        const seen: Record<Unpacker, Seen> = { umoci: fails, vfs: fails, overlay: fails };
        for (const unpacker of unpackers)
          seen[unpacker] = await tools.unpack(reference, unpacker).then(
            (tree) => listAt(tree, row.at),
            () => fails,
          );

        expect(seen, row.name).toEqual({ umoci: row.umoci, vfs: row.vfs, overlay: row.overlay });
        const disagree = new Set(Object.values(seen)).size > 1;
        const places = row.at === '/data/home' ? ['/home'] : [row.at];
        // A name that leads nowhere does no harm to what we do.
        const ghost = row.overlay.includes('(ghost)');
        expect(places.some((place) => files.doubt(place) === 'content') || ghost, row.name).toBe(disagree);
        if (!disagree) expect(listModel(files, row.at), row.name).toBe(row.overlay);
      },
    );
  });

  it('gives folders without an entry other attributes, and then our view of them is in doubt', async () => {
    await eachImage(
      attributeRows.map(([, layer]) => [layer]),
      async (tools, { reference, files }, index) => {
        const [name, , path = '', others, overlay] = attributeRows[index] ?? [];
        const seen = [];
        for (const unpacker of unpackers) seen.push((await tools.unpack(reference, unpacker)).get(path));

        expect(seen, name).toEqual([others, others, overlay]);
        expect(files.doubt(path), name).toBe(others === overlay ? undefined : 'attributes');
      },
    );
  });
});

interface Pushed {
  readonly reference: string;
  readonly files: ImageFiles;
}

/** Pushes the base with layers on top, and hands each image over with what our own scan makes of it. */
async function eachImage(
  images: readonly (readonly (readonly GeneratedEntry[])[])[],
  check: (tools: ImageTools, image: Pushed, index: number) => Promise<void>,
): Promise<void> {
  await withImageTools(async (tools) => {
    const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: systemClock });
    try {
      for (const [index, layers] of images.entries()) {
        const reference = `${tools.registry}/it/table:row-${index}`;
        const source = await pushGenerated(registry, reference, { layers: [base, ...layers], family: 'oci' });
        await check(tools, { reference, files: await scanImage(registry, reference, source) }, index);
      }
    } finally {
      await registry.close();
    }
  });
}

function listAt(tree: Tree, place: string): Seen {
  const inside = [...tree].filter(([path]) => path === place || path.startsWith(`${place}/`));
  return inside.map(([path, line]) => (line === GHOST ? `${path} (ghost)` : path)).join(' ');
}

function listModel(files: ImageFiles, path: string): Seen {
  return [path, ...files.children(path).map((name) => listModel(files, `${path}/${name}`))].join(' ');
}
