import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256Digest } from '../../core/image/digest.ts';
import type { LayerEntry } from '../../core/image/image-facts.ts';
import { writeTar } from '../../core/image/tar-writer.ts';
import type { LayerReader } from '../../ports/layer-reader.ts';
import { createTarParser } from '../files/tar-parser.ts';
import { openSimulatedRegistry } from '../simulated/simulated-registry.ts';
import { FOOTER_SIZE, readFooter, readToc, TOC_DIGEST, TOC_FILE } from './estargz-toc.ts';
import { openLayerReader } from './layer-reader.ts';

/** Made by go-containerregistry 0.19.2 (`GGCR_EXPERIMENT_ESTARGZ=1 crane append`) of a small tar with folders, links, a whiteout and extended attributes. */
const real = readFileSync(join(import.meta.dirname, '../../../test/fixtures/estargz-layer.tar.gz'));
const repository = { registry: 'registry.example.com', path: 'team/app' };
const filler = noise(300_000);

describe('the table of contents of an eStargz layer', () => {
  it('lists what the tar of a real one lists', () => {
    const end = real.length - FOOTER_SIZE;
    const from = readFooter(real.subarray(end)) ?? 0;
    const table = entriesOf(gunzipSync(real.subarray(from, end)));

    const toc = readToc(table.contents.get(TOC_FILE) ?? Buffer.alloc(0), from) ?? [];

    expect([...toc.map((each) => each.entry), ...table.entries]).toEqual(entriesOf(gunzipSync(real)).entries);
    expect(toc.find((each) => each.entry.path === '/opt/app')?.entry).toMatchObject({ mode: 0o1777, uid: 1000, gid: 1001, xattrs: { 'user.note': 'aGk=' } });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(FOOTER_SIZE)],
    ['a gzip member of the same length', Buffer.concat([gzipSync('x'), Buffer.alloc(FOOTER_SIZE)]).subarray(0, FOOTER_SIZE)],
  ])('is not found behind %s', (_, footer) => {
    expect(readFooter(footer)).toBeUndefined();
  });

  it.each([
    ['no JSON', '{'],
    ['another version', '{"version":2,"entries":[]}'],
    ['a chunk of no file', '{"version":1,"entries":[{"name":"a","type":"chunk","offset":1}]}'],
    ['a file whose chunks end too soon', file({ chunkSize: 3 })],
    ['a file that begins nowhere', file({ offset: 900 })],
    ['content without a digest', file({ digest: undefined })],
    ['a type nobody knows', file({ type: 'door' })],
  ])('is nothing with %s', (_, text) => {
    expect(readToc(Buffer.from(text), 500)).toBeUndefined();
  });
});

describe('openLayerReader, of an eStargz layer', () => {
  it('knows what a streaming pass would, and reads the smaller part', async () => {
    const { layer, bytes } = estargz({ 'opt/agent.config': 'agent.service_name=orders', 'data.bin': filler, 'run.sh': '#!/bin/sh\nexec java' });

    const byToc = await read(bytes, layer);
    const streamed = await read(bytes, { ...layer, annotations: {} });

    expect(byToc.index).toEqual(streamed.index);
    expect(byToc.index.texts).toEqual({ '/opt/agent.config': 'agent.service_name=orders', '/run.sh': '#!/bin/sh\nexec java' });
    expect(streamed.down).toBe(bytes.length);
    expect(byToc.down).toBeLessThan(bytes.length / 10);
  });

  it('looks into logging configurations, which nobody executes', async () => {
    const layout = 'log4j.appender.out.layout=org.apache.skywalking.apm.toolkit.log.log4j.v1.x.TraceIdPatternLayout';
    const { layer, bytes } = estargz({ 'log4j.properties': layout, 'data.bin': filler }, { mode: 0o644 });

    const byToc = await read(bytes, layer);
    const streamed = await read(bytes, { ...layer, annotations: {} });

    expect(Object.keys(byToc.index.couplings ?? {})).toEqual(['/log4j.properties']);
    expect(byToc.index).toEqual(streamed.index);
    expect(byToc.down).toBeLessThan(bytes.length / 10);
  });

  it('puts a file together that lies in several chunks', async () => {
    const { layer, bytes } = estargz({ 'data.bin': filler, 'run.sh': '#!/bin/sh\nexec java -jar app.jar' }, { chunk: 7 });

    const { index, down } = await read(bytes, layer);

    expect(index.texts).toEqual({ '/run.sh': '#!/bin/sh\nexec java -jar app.jar' });
    expect(down).toBeLessThan(bytes.length / 10);
  });

  it.each<[string, EStargzOptions & { readonly script?: string }]>([
    ['the table is not what the descriptor says', { tocDigest: sha256Digest(Buffer.from('other')) }],
    ['content is not what the table says', { lie: true }],
    ['most of the layer is wanted', { script: `#!/bin/sh\n# ${noise(100_000).toString('hex')}` }],
  ])('streams the layer where %s', async (_, { script = '#!/bin/sh\nexec java', ...options }) => {
    const { layer, bytes } = estargz({ 'data.bin': filler.subarray(0, 50_000), 'run.sh': script }, options);

    const { index, down } = await read(bytes, layer);

    expect(index.texts).toEqual({ '/run.sh': script });
    expect(down).toBeGreaterThanOrEqual(bytes.length);
  });

  it('streams the layer where the registry gives no parts', async () => {
    const { layer, bytes } = estargz({ 'data.bin': filler, 'run.sh': '#!/bin/sh' });

    const { index, down } = await read(bytes, layer, { parts: false });

    expect(index.texts).toEqual({ '/run.sh': '#!/bin/sh' });
    expect(down).toBe(bytes.length);
  });
});

/** Bytes that do not compress, always the same. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => (state = (state * 48271) % 2147483647) >> 8));
}

function file(given: { readonly [field: string]: unknown }): string {
  return JSON.stringify({ version: 1, entries: [{ name: 'a', type: 'reg', size: 5, offset: 100, digest: `sha256:${'0'.repeat(64)}`, ...given }] });
}

function entriesOf(tar: Uint8Array): { readonly entries: readonly LayerEntry[]; readonly contents: ReadonlyMap<string, Buffer> } {
  const entries: LayerEntry[] = [];
  const contents = new Map<string, Buffer>();
  const parser = createTarParser('test', (entry) => {
    entries.push(entry);
    const parts: Uint8Array[] = [];
    return { write: (part) => void parts.push(Uint8Array.from(part)), end: () => void contents.set(entry.path, Buffer.concat(parts)) };
  });
  parser.write(tar);
  parser.end();
  return { entries, contents };
}

interface EStargzOptions {
  /** Bytes of content in each chunk; default: all. */
  readonly chunk?: number;
  readonly tocDigest?: string;
  /** Of the files; default: 0o755. */
  readonly mode?: number;
  /** The table's digests of content are wrong. */
  readonly lie?: boolean;
}

/** An eStargz layer of files, as the format's specification lays it out: header, content chunks, table and footer are gzip members of their own. */
function estargz(files: { readonly [path: string]: string | Buffer }, options: EStargzOptions = {}) {
  const members: Buffer[] = [];
  const entries: object[] = [];
  let offset = 0;
  const add = (part: Uint8Array): number => {
    const at = offset;
    members.push(gzipSync(part));
    offset += members.at(-1)?.length ?? 0;
    return at;
  };
  const { mode = 0o755 } = options;
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    const tar = writeTar([{ kind: 'file', path, mode, uid: 0, gid: 0, mtime: 5, bytes }]);
    add(tar.subarray(0, 512));
    const step = options.chunk ?? bytes.length;
    for (let at = 0; at < bytes.length && (at === 0 || at < 200); at += step) {
      const part = at + step >= 200 ? bytes.subarray(at) : bytes.subarray(at, at + step);
      const digest = sha256Digest(options.lie ? Buffer.from('lie') : part);
      const common = { name: path, offset: add(part), chunkOffset: at, chunkSize: part.length, chunkDigest: digest };
      entries.push(at === 0 ? { ...common, type: 'reg', size: bytes.length, mode, modtime: '1970-01-01T00:00:05Z' } : { ...common, type: 'chunk' });
    }
    add(Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  const json = Buffer.from(JSON.stringify({ version: 1, entries }));
  const from = add(writeTar([{ kind: 'file', path: TOC_FILE.slice(1), mode: 0, uid: 0, gid: 0, mtime: 0, bytes: json }]));
  const footer = Buffer.concat([
    Buffer.from('1f8b08040000000000ff1a0053471600', 'hex'),
    Buffer.from(`${from.toString(16).padStart(16, '0')}STARGZ`),
    Buffer.from('010000ffff0000000000000000', 'hex'),
  ]);
  const bytes = Buffer.concat([...members, footer]);
  const annotations = { [TOC_DIGEST]: options.tocDigest ?? sha256Digest(json) };
  return { bytes, layer: { digest: sha256Digest(bytes), size: bytes.length, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', annotations } };
}

async function read(bytes: Buffer, layer: Parameters<LayerReader['read']>[1], options: { readonly parts?: boolean } = {}) {
  const registry = openSimulatedRegistry();
  await registry.putBlob(repository, { digest: layer.digest, bytes });
  const seen = options.parts === false ? { ...registry, blobPart: async () => undefined } : registry;
  const index = await openLayerReader(seen, { get: async () => undefined, put: async () => {} }).read(repository, layer);
  return { index, down: registry.traffic().layerBytesDown };
}
