import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../core/image/digest.ts';
import { mediaTypes } from '../../core/image/media-types.ts';
import { writeTar, type TarEntry } from '../../core/image/tar-writer.ts';
import type { Registry } from '../../ports/registry.ts';
import { openSimulatedRegistry } from '../simulated/simulated-registry.ts';
import { readExtensions } from './read-extensions.ts';
import { writeZip } from './write-zip.ts';

const repository = { registry: 'registry.example.com', path: 'agents/ext' };
const image = 'registry.example.com/agents/ext:1';
const owner = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const jar = (text: string): Uint8Array => writeZip({ 'META-INF/services/x': text });
const nameIn = (bytes: Uint8Array, name: string): string => `extensions/${sha256Digest(bytes).slice(7, 19)}-${name}`;

describe('readExtensions', () => {
  let directory: string;
  let registry: Registry;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'changeover-extensions-'));
    registry = openSimulatedRegistry();
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const read = (...sources: Parameters<typeof readExtensions>[0]) => readExtensions(sources, { directory, registry });
  const ofImage = { kind: 'image', image, dir: '/ext/' } as const;

  it('takes the jars of a folder and single ones, each once, whatever their order', async () => {
    mkdirSync(join(directory, 'ext'));
    writeFileSync(join(directory, 'ext', 'a.jar'), jar('a'));
    writeFileSync(join(directory, 'ext', 'notes.txt'), 'no jar');
    writeFileSync(join(directory, 'b.jar'), jar('b'));
    writeFileSync(join(directory, 'again.jar'), jar('b'));
    const [folder, b, again] = ['ext', 'b.jar', 'again.jar'].map((path) => ({ kind: 'path', path }) as const);
    if (!folder || !b || !again) throw new Error('three sources');

    const one = await read(folder, b, again);
    const other = await read(again, b, folder);

    const paths = (files: typeof one): readonly string[] => files.map((each) => each.path).toSorted();
    expect(paths(one)).toEqual([nameIn(jar('a'), 'a.jar'), nameIn(jar('b'), 'again.jar')].toSorted());
    expect(paths(other)).toEqual(paths(one));
  });

  it("takes the jars of an image's folder as its layers show them", async () => {
    await push([
      [file('ext/old.jar', jar('old')), file('ext/kept.jar', jar('kept')), file('ext/deep/no.jar', jar('no')), file('other/no.jar', jar('no'))],
      [file('ext/.wh.old.jar', new Uint8Array()), file('ext/kept.jar', jar('newer')), file('ext/more.jar', jar('more'))],
    ]);

    const files = await read(ofImage);

    expect(files.map((each) => each.path).toSorted()).toEqual([nameIn(jar('newer'), 'kept.jar'), nameIn(jar('more'), 'more.jar')].toSorted());
  });

  it('takes nothing from below a folder that was emptied', async () => {
    await push([[file('ext/old.jar', jar('old'))], [file('ext/.wh..wh..opq', new Uint8Array()), file('ext/new.jar', jar('new'))]]);

    expect((await read(ofImage)).map((each) => each.path)).toEqual([nameIn(jar('new'), 'new.jar')]);
  });

  it('says what is missing or wrong, and where', async () => {
    writeFileSync(join(directory, 'text.jar'), 'text');
    mkdirSync(join(directory, 'empty'));
    await push([[file('other/a.jar', jar('a'))]]);

    await expect(read({ kind: 'path', path: 'text.jar' })).rejects.toMatchObject({ code: 'invalid-file', target: 'text.jar' });
    await expect(read({ kind: 'path', path: 'empty' })).rejects.toMatchObject({ code: 'invalid-file', target: 'empty' });
    await expect(read({ kind: 'path', path: 'gone.jar' })).rejects.toMatchObject({ code: 'invalid-file' });
    await expect(read(ofImage)).rejects.toMatchObject({ code: 'invalid-file', target: `${image} /ext/` });
    await expect(read({ ...ofImage, image: 'registry.example.com/agents/gone:1' })).rejects.toMatchObject({ code: 'invalid-file' });
  });

  function file(path: string, bytes: Uint8Array): TarEntry {
    return { kind: 'file', path, bytes, ...owner };
  }

  async function push(layers: readonly (readonly TarEntry[])[]): Promise<void> {
    const packed = layers.map((entries) => gzipSync(writeTar(entries)));
    const config = new TextEncoder().encode('{}');
    const blobs = [config, ...packed].map((bytes) => ({ digest: sha256Digest(bytes), bytes }));
    for (const blob of blobs) await registry.putBlob(repository, blob);
    const [first, ...rest] = blobs;
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.oci.manifest,
      config: { mediaType: mediaTypes.oci.config, digest: first?.digest, size: config.length },
      layers: rest.map(({ digest, bytes }) => ({ mediaType: mediaTypes.oci.layer, digest, size: bytes.length })),
    };
    await registry.putManifest(repository, '1', { mediaType: mediaTypes.oci.manifest, bytes: new TextEncoder().encode(JSON.stringify(manifest)) });
  }
});
