import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { mediaTypes } from '../../src/core/image/media-types.ts';
import type { Repository } from '../../src/core/image/reference.ts';
import type { Referrer, Registry } from '../../src/ports/registry.ts';

/** A registry under test, empty where the suite writes. */
export interface RegistryUnderTest {
  readonly registry: Registry;
  /** The host its repositories are on. */
  readonly host: string;
  /** Another registry, reached by the same adapter. */
  readonly otherHost: string;
  /** A host nothing listens on. */
  readonly deadHost: string;
  close(): Promise<void>;
}

/** What every Registry must do, simulated or real. Each test has repositories of its own. */
export function registryContract(name: string, open: () => Promise<RegistryUnderTest>): void {
  describe(`registry contract: ${name}`, () => {
    let tested: RegistryUnderTest;
    let count = 0;
    const fresh = (): Repository => ({ registry: tested.host, path: `contract/repository-${(count += 1)}` });

    beforeAll(async () => {
      tested = await open();
    });
    afterAll(async () => {
      await tested?.close();
    });

    it('gives back a pushed image byte for byte, by tag and by digest', async () => {
      const repository = fresh();
      const image = sampleImage('back');

      await push(tested.registry, repository, image);
      await tested.registry.putManifest(repository, '1.0', image.manifest);

      const expected = { digest: sha256Digest(image.manifest.bytes), mediaType: image.manifest.mediaType };
      const byTag = await tested.registry.manifest(repository, '1.0');
      const byDigest = await tested.registry.manifest(repository, expected.digest);
      expect(byTag).toMatchObject(expected);
      expect(byDigest).toMatchObject(expected);
      expect(Buffer.from(byTag?.bytes ?? [])).toEqual(Buffer.from(image.manifest.bytes));
      expect(Buffer.from(await tested.registry.config(repository, image.config.digest))).toEqual(Buffer.from(image.config.bytes));
      expect(await readAll(tested.registry.blob(repository, image.layer.digest))).toEqual(Buffer.from(image.layer.bytes));
    });

    it('gives a part of a blob, and says where there is none', async () => {
      const repository = fresh();
      const bytes = Buffer.from('0123456789');
      const blob = { digest: sha256Digest(bytes), bytes };
      await tested.registry.putBlob(repository, blob);
      const before = tested.registry.traffic().layerBytesDown;

      const part = await tested.registry.blobPart(repository, blob.digest, { from: 2, to: 5 });
      const last = await tested.registry.blobPart(repository, blob.digest, { from: 9, to: 10 });
      const beyond = await tested.registry.blobPart(repository, blob.digest, { from: 8, to: 12 });

      expect([part, last].map((each) => Buffer.from(each ?? []).toString())).toEqual(['234', '9']);
      expect(beyond).toBeUndefined();
      expect(tested.registry.traffic().layerBytesDown - before).toBe(4);
      await expect(tested.registry.blobPart(repository, sha256Digest(Buffer.from('none')), { from: 0, to: 1 })).rejects.toMatchObject({ code: 'not-found' });
    });

    it('copies a blob to another registry once, counting its bytes at both', async () => {
      const from = fresh();
      const to = { ...fresh(), registry: tested.otherHost };
      const bytes = Buffer.alloc(300_000, 'a layer');
      const blob = { digest: sha256Digest(bytes), bytes, size: bytes.length };
      await tested.registry.putBlob(from, blob);
      const before = tested.registry.traffic();

      const outcomes = [await tested.registry.copyBlob(to, blob, from), await tested.registry.copyBlob(to, blob, from)];

      const { hosts, layerBytesDown } = tested.registry.traffic();
      expect(outcomes).toEqual(['copied', 'existed']);
      expect(await readAll(tested.registry.blob(to, blob.digest))).toEqual(bytes);
      expect(hosts[from.registry]?.down).toBe((before.hosts[from.registry]?.down ?? 0) + bytes.length);
      expect((hosts[to.registry]?.up ?? 0) - (before.hosts[to.registry]?.up ?? 0)).toBe(bytes.length);
      expect(layerBytesDown).toBe(before.layerBytesDown + bytes.length);
    });

    it('stores nothing of a blob that is not there, or not as large as it should be', async () => {
      const from = fresh();
      const to = { ...fresh(), registry: tested.otherHost };
      const bytes = Buffer.alloc(100_000, 'some layer');
      const blob = { digest: sha256Digest(bytes), bytes, size: bytes.length };

      await expect(tested.registry.copyBlob(to, blob, from)).rejects.toMatchObject({ code: 'not-found' });
      await tested.registry.putBlob(from, blob);

      for (const size of [bytes.length - 1, bytes.length + 1]) {
        await expect(tested.registry.copyBlob(to, { ...blob, size }, from)).rejects.toMatchObject({ code: 'refused' });
      }
      expect(await tested.registry.hasBlob(to, blob.digest)).toBe(false);
    });

    it('keeps the Docker family of an image', async () => {
      const repository = fresh();
      const image = sampleImage('docker', 'docker');

      await push(tested.registry, repository, image);
      await tested.registry.putManifest(repository, '1.0', image.manifest);

      expect((await tested.registry.manifest(repository, '1.0'))?.mediaType).toBe(mediaTypes.docker.manifest);
    });

    it('knows nothing of images and blobs that are not there', async () => {
      const repository = fresh();
      const image = sampleImage('other');
      await push(tested.registry, repository, image);

      const absent = sha256Digest('absent');

      expect(await tested.registry.manifest(repository, 'absent')).toBeUndefined();
      expect(await tested.registry.manifest(repository, absent)).toBeUndefined();
      expect(await tested.registry.manifest(fresh(), 'absent')).toBeUndefined();
      expect(await tested.registry.hasBlob(repository, absent)).toBe(false);
      expect(await tested.registry.hasBlob(repository, image.layer.digest)).toBe(true);
      await expect(readAll(tested.registry.blob(repository, absent))).rejects.toMatchObject({ code: 'not-found' });
      await expect(tested.registry.config(repository, absent)).rejects.toMatchObject({
        code: 'not-found',
        target: `${tested.host}/${repository.path}@${absent}`,
      });
    });

    it('uploads a blob once', async () => {
      const repository = fresh();
      const { layer } = sampleImage('once');

      const first = await tested.registry.putBlob(repository, layer);
      const second = await tested.registry.putBlob(repository, layer);

      expect([first, second]).toEqual(['uploaded', 'existed']);
    });

    it('mounts a blob from another repository without sending it', async () => {
      const source = fresh();
      const target = fresh();
      const { layer } = sampleImage('mount');
      await tested.registry.putBlob(source, layer);
      const before = tested.registry.traffic().bytesUp;

      const outcome = await tested.registry.putBlob(target, layer, { mountFrom: source });

      expect(outcome).toBe('mounted');
      expect(tested.registry.traffic().bytesUp).toBe(before);
      expect(await tested.registry.hasBlob(target, layer.digest)).toBe(true);
    });

    it('uploads a blob whose mount is refused', async () => {
      const target = fresh();
      const { layer } = sampleImage('refused mount');

      const outcome = await tested.registry.putBlob(target, layer, { mountFrom: fresh() });

      expect(outcome).toBe('uploaded');
      expect(await readAll(tested.registry.blob(target, layer.digest))).toEqual(Buffer.from(layer.bytes));
    });

    it('mounts a blob without having its bytes, and says so when it cannot', async () => {
      const source = fresh();
      const target = fresh();
      const { layer } = sampleImage('mount alone');
      await tested.registry.putBlob(source, layer);
      const before = tested.registry.traffic().bytesUp;

      const unknown = await tested.registry.mountBlob(target, layer.digest, fresh());
      const mounted = await tested.registry.mountBlob(target, layer.digest, source);
      const present = await tested.registry.mountBlob(target, layer.digest, fresh());
      const elsewhere = await tested.registry.mountBlob(fresh(), layer.digest, { ...source, registry: tested.deadHost });

      expect([unknown, mounted, present, elsewhere]).toEqual([false, true, true, false]);
      expect(tested.registry.traffic().bytesUp).toBe(before);
      expect(await readAll(tested.registry.blob(target, layer.digest))).toEqual(Buffer.from(layer.bytes));
    });

    it('takes an empty blob', async () => {
      const repository = fresh();
      const empty = { digest: sha256Digest(''), bytes: new Uint8Array(0) };

      expect(await tested.registry.putBlob(repository, empty)).toBe('uploaded');

      expect(await readAll(tested.registry.blob(repository, empty.digest))).toHaveLength(0);
    });

    it('refuses content that is not what its digest says, before sending it', async () => {
      const repository = fresh();
      const { layer, manifest } = sampleImage('false digest');
      const before = tested.registry.traffic().requests;

      const wrong = sha256Digest('something else');

      await expect(tested.registry.putBlob(repository, { digest: wrong, bytes: layer.bytes })).rejects.toMatchObject({ code: 'refused' });
      await expect(tested.registry.putManifest(repository, wrong, manifest)).rejects.toMatchObject({ code: 'refused' });
      expect(tested.registry.traffic().requests).toBe(before);
    });

    it('refuses a manifest whose blobs are missing, naming one', async () => {
      const repository = fresh();
      const image = sampleImage('missing layer');
      await tested.registry.putBlob(repository, image.config);

      const write = tested.registry.putManifest(repository, '1.0', image.manifest);

      await expect(write).rejects.toMatchObject({ code: 'refused', target: `${tested.host}/${repository.path}:1.0` });
      await expect(write).rejects.toThrow(new RegExp(`MANIFEST_BLOB_UNKNOWN.*${image.layer.digest}`));
    });

    it('moves a tag', async () => {
      const repository = fresh();
      const images = [sampleImage('before'), sampleImage('after')] as const;

      for (const image of images) {
        await push(tested.registry, repository, image);
        await tested.registry.putManifest(repository, 'moving', image.manifest);
      }

      expect((await tested.registry.manifest(repository, 'moving'))?.digest).toBe(sha256Digest(images[1].manifest.bytes));
      expect(await tested.registry.manifest(repository, sha256Digest(images[0].manifest.bytes))).toBeDefined();
    });

    it('lists what refers to an image', async () => {
      const repository = fresh();
      const image = sampleImage('subject');
      await push(tested.registry, repository, image);
      await tested.registry.putManifest(repository, '1.0', image.manifest);
      const subject = sha256Digest(image.manifest.bytes);
      const signature = await pushReferrer(tested.registry, repository, { digest: subject, bytes: image.manifest.bytes });

      const found = await tested.registry.referrers(repository, subject);

      expect(found).toEqual([signature]);
      expect(await tested.registry.referrers(repository, sha256Digest('nothing'))).toEqual([]);
    });

    it('says what it can do, and leaves nothing behind', async () => {
      const source = fresh();
      const target = fresh();
      const { layer } = sampleImage('probe');
      await tested.registry.putBlob(source, layer);

      const abilities = await tested.registry.probe(target, { mount: { from: source, digest: layer.digest } });

      expect(abilities).toMatchObject({ mount: 'yes', chunks: 'yes', immutableTags: 'unknown', retention: 'unknown', quota: undefined });
      expect((await tested.registry.probe(target)).mount).toBe('unknown');
    });

    it('says that it can push, and leaves nothing behind', async () => {
      const repository = fresh();

      expect(await tested.registry.canPush(repository)).toBe(true);

      expect(await tested.registry.manifest(repository, 'latest')).toBeUndefined();
    });

    it('counts layer bytes apart from configs and manifests', async () => {
      const repository = fresh();
      const image = sampleImage('traffic');
      await push(tested.registry, repository, image);
      await tested.registry.putManifest(repository, '1.0', image.manifest);
      const before = tested.registry.traffic();

      await tested.registry.manifest(repository, '1.0');
      await tested.registry.config(repository, image.config.digest);
      await readAll(tested.registry.blob(repository, image.layer.digest));

      const after = tested.registry.traffic();
      expect(after.requests - before.requests).toBe(3);
      expect(after.bytesUp).toBe(before.bytesUp);
      expect(after.layerBytesDown - before.layerBytesDown).toBe(image.layer.bytes.length);
      expect(after.bytesDown - before.bytesDown).toBe(image.layer.bytes.length + image.config.bytes.length + image.manifest.bytes.length);
    });

    it('lets a reader leave in the middle of a blob', async () => {
      const repository = fresh();
      const bytes = Buffer.alloc(1024 * 1024, 'x');
      const digest = sha256Digest(bytes);
      await tested.registry.putBlob(repository, { digest, bytes });

      for (let reader = 0; reader < 6; reader += 1) {
        for await (const chunk of tested.registry.blob(repository, digest)) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
      }

      expect(await tested.registry.hasBlob(repository, digest)).toBe(true);
    });

    it('stops when its signal fires', async () => {
      const signal = AbortSignal.abort();

      await expect(tested.registry.manifest(fresh(), 'latest', signal)).rejects.toMatchObject({ code: 'aborted' });
      await expect(tested.registry.putBlob(fresh(), sampleImage('aborted').layer, { signal })).rejects.toMatchObject({ code: 'aborted' });
    });

    it('names a registry that does not answer', async () => {
      const read = tested.registry.manifest({ registry: tested.deadHost, path: 'team/app' }, '1.0');

      await expect(read).rejects.toMatchObject({ code: 'unreachable', retryable: true });
      await expect(read).rejects.toThrow(tested.deadHost);
    });
  });
}

interface Blob {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

interface SampleImage {
  readonly config: Blob;
  readonly layer: Blob;
  readonly manifest: { readonly mediaType: string; readonly bytes: Uint8Array };
}

function sampleImage(name: string, family: 'oci' | 'docker' = 'oci'): SampleImage {
  const layer = blobOf(`layer of ${name}`);
  const config = blobOf(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [layer.digest] }, comment: name }));
  const types = mediaTypes[family];
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: config.digest, size: config.bytes.length },
    layers: [{ mediaType: types.layer, digest: layer.digest, size: layer.bytes.length }],
  };
  return { config, layer, manifest: { mediaType: types.manifest, bytes: Buffer.from(JSON.stringify(manifest, undefined, 2)) } };
}

function blobOf(text: string): Blob {
  return { digest: sha256Digest(text), bytes: Buffer.from(text) };
}

async function push(registry: Registry, repository: Repository, image: SampleImage): Promise<void> {
  for (const blob of [image.layer, image.config]) await registry.putBlob(repository, blob);
}

/** A signature of an image, listed the way every registry understands: by the tag that stands in for the referrers API as well. */
async function pushReferrer(registry: Registry, repository: Repository, subject: Blob): Promise<Referrer> {
  const types = mediaTypes.oci;
  const config = blobOf('{}');
  const artifactType = 'application/vnd.example.signature';
  const descriptor = { mediaType: types.manifest, digest: subject.digest, size: subject.bytes.length };
  const annotations = { by: 'tester' };
  const manifest = blobOf(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      artifactType,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: config.digest, size: 2 },
      layers: [{ mediaType: 'application/vnd.oci.empty.v1+json', digest: config.digest, size: 2 }],
      subject: descriptor,
      annotations,
    }),
  );
  await registry.putBlob(repository, config);
  await registry.putManifest(repository, manifest.digest, { mediaType: types.manifest, bytes: manifest.bytes });
  const referrer = { mediaType: types.manifest, digest: manifest.digest, size: manifest.bytes.length, artifactType, annotations };
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: [referrer] }));
  await registry.putManifest(repository, subject.digest.replace(':', '-'), { mediaType: types.index, bytes: list });
  return referrer;
}

/** All bytes of a stream. */
export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
