import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { mediaTypes } from '../src/core/image/media-types.ts';
import { sha256Digest } from '../src/core/image/digest.ts';
import { writeTar } from '../src/core/image/tar-writer.ts';
import { runCommand } from '../lab/run-command.ts';
import { compare, peakMemory, run } from './measure.ts';
import { startRegistry } from './registry.ts';
import { withScratch } from './scratch.ts';
import { noise } from './source-images.ts';

const MIB = 1024 * 1024;
/** Of the packed layers, in bytes. */
const SIZE = { timed: 200 * MIB, large: 2048 * MIB } as const;
const TARGET = { speed: 0.8, peakMemoryMiB: 200 } as const;
const changeover = join(import.meta.dirname, '../bin/changeover');

/** Reading what a large layer holds, as a whole process from the registry to the report, against zcat unpacking the same bytes from a file. */
export function benchLayerScan(): Promise<object> {
  return withScratch(async (scratch) => {
    const address = await startRegistry(scratch);
    const timed = await pushImage(address, 'timed', await writeLayer(join(scratch.folder, 'timed.tar.gz'), { bytes: SIZE.timed, level: 6 }));
    const large = await pushImage(address, 'large', await writeLayer(join(scratch.folder, 'large.tar.gz'), { bytes: SIZE.large, level: 0 }));
    const inspect = (reference: string): readonly string[] => [changeover, 'image', 'inspect', reference, '-o', 'json'];
    let caches = 0;
    // Every run with a cache of its own: the second would have nothing to read.
    const env = (): Record<string, string> => ({ HOME: scratch.folder, XDG_CACHE_HOME: join(scratch.folder, `cache-${(caches += 1)}`) });
    expectScanned(await runCommand(changeover, inspect(timed).slice(1), { env: env() }));
    const compared = await compare(
      3,
      () => run(inspect(timed), env()),
      () => run(['zcat', join(scratch.folder, 'timed.tar.gz')]),
    );
    const speed = Number((1 / compared.ratio).toFixed(2));
    const peakMemoryMiB = { timed: await peakMemory(inspect(timed), env()), large: await peakMemory(inspect(large), env()) };
    const met = speed >= TARGET.speed && (peakMemoryMiB.large ?? 0) <= TARGET.peakMemoryMiB;
    return { commands: { ours: 'changeover image inspect', peer: 'zcat' }, layerBytes: SIZE, ...compared, speed, peakMemoryMiB, target: TARGET, met };
  });
}

interface Layer {
  readonly file: string;
  readonly digest: string;
  readonly diffId: string;
}

/** A layer of many files, half of them text and half of them what does not compress, until it has so many bytes when packed. */
async function writeLayer(file: string, { bytes, level }: { readonly bytes: number; readonly level: number }): Promise<Layer> {
  const diffId = createHash('sha256');
  const gzip = createGzip({ level });
  const digest = createHash('sha256');
  let packed = 0;
  gzip.on('data', (part: Uint8Array) => {
    packed += part.length;
    digest.update(part);
  });
  async function* tar(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; at += 1) {
      if (packed >= bytes) break;
      yield hashed(withoutEnd(writeTar([{ kind: 'file', path: `opt/file-${at}.bin`, bytes: contentOf(at), mode: 0o644, uid: 0, gid: 0, mtime: 0 }])));
    }
    yield hashed(new Uint8Array(1024));
  }
  const hashed = (part: Uint8Array): Uint8Array => {
    diffId.update(part);
    return part;
  };
  await pipeline(tar(), gzip, createWriteStream(file));
  return { file, digest: `sha256:${digest.digest('hex')}`, diffId: `sha256:${diffId.digest('hex')}` };
}

const random = noise(4 * MIB);
const words = 'the service reads its configuration from an environment variable and logs what it found before it starts to answer requests'.split(' ');
const text = Buffer.from(Array.from({ length: MIB / 4 }, (_, at) => words[(random[at] ?? 0) % words.length]).join(' '));

function contentOf(at: number): Uint8Array {
  const source = at % 2 === 0 ? text : random;
  const start = (at * 4099) % MIB;
  return source.subarray(start, start + 64 * 1024 + ((at * 7919) % (512 * 1024)));
}

/** Without the two blocks that end an archive. */
function withoutEnd(tar: Uint8Array): Uint8Array {
  return tar.subarray(0, -1024);
}

/** Pushes a layer from its file, without holding it in memory, and an image of it. Returns the image's reference. */
async function pushImage(address: string, name: string, { file, digest, diffId }: Layer): Promise<string> {
  const base = `http://${address}/v2/bench/${name}`;
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Entrypoint: ['java'] }, rootfs: { type: 'layers', diff_ids: [diffId] } }),
  );
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    config: { mediaType: mediaTypes.oci.config, digest: sha256Digest(config), size: config.length },
    layers: [{ mediaType: mediaTypes.oci.layer, digest, size: statSync(file).size }],
  });
  await upload(base, await openAsBlob(file), digest);
  await upload(base, new Blob([config]), sha256Digest(config));
  const put = await fetch(`${base}/manifests/1`, { method: 'PUT', headers: { 'content-type': mediaTypes.oci.manifest }, body: manifest });
  if (!put.ok) throw new Error(`the registry answers ${put.status}: ${await put.text()}`);
  return `${address}/bench/${name}:1`;
}

async function upload(base: string, body: Blob, digest: string): Promise<void> {
  const session = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(session.headers.get('location') ?? '', base);
  place.searchParams.set('digest', digest);
  const put = await fetch(place, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body });
  if (!put.ok) throw new Error(`the registry answers ${put.status}: ${await put.text()}`);
}

/** A fast answer that did not read the layer would be worth nothing. */
function expectScanned(report: string): void {
  if (/"scanProblem"/.test(report)) throw new Error(`the layer was not scanned: ${report}`);
}
