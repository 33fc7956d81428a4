import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import { pushSampleImage, sampleAgentJar } from '../../src/adapters/simulated/sample-images.ts';
import { prepareRewrite, pushRewrite, type ImagePorts } from '../../src/app/rewrite-reference.ts';
import type { ImageReport } from '../../src/core/image-report/image-report.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { mediaTypes } from '../../src/core/image/media-types.ts';
import { parseImageReference, type Repository } from '../../src/core/image/reference.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { standIn } from '../registry/stand-in.ts';
import { isInstalled, PROGRAM, startRegistry } from './registry-program.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const spec = { to: { files: { path: './agent.jar' } } };
const policy = parsePolicy(
  { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec },
  { file: 'policy.yaml', position: () => undefined },
);

describe.skipIf(!isInstalled(PROGRAM))('from one docker-registry to another', () => {
  let from: Awaited<ReturnType<typeof startRegistry>>;
  let to: Awaited<ReturnType<typeof startRegistry>>;
  let registry: Registry;
  let ports: ImagePorts;

  beforeEach(async () => {
    from = await startRegistry({ foreign: true });
    to = await startRegistry({ foreign: true });
    registry = openRegistry({ settings: {}, directory: '/', env: {}, clock });
    ports = {
      registry,
      layers: openLayerReader(registry, { get: async () => undefined, put: async () => undefined }),
      clock,
      agentFiles: async () => ({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] }),
      policyFiles: async () => ({}),
    };
  });

  afterEach(async () => {
    await registry.close();
    await from.stop();
    await to.stop();
  });

  async function rewrite(reference: string, target: string): Promise<NonNullable<ImageReport['rewrite']>> {
    const { repository, tag = '' } = parseImageReference(target);
    const prepared = await prepareRewrite(ports, parseImageReference(reference), { policy, to: { repository, tag } });
    if (prepared.kind === 'refused') throw new Error(JSON.stringify(prepared));
    const { rewrite: done } = await pushRewrite(ports, prepared, { policy });
    if (!done) throw new Error('no rewrite in the report');
    return done;
  }

  const hasAll = async (repository: Repository, layers: readonly { readonly digest: string }[]): Promise<boolean> =>
    (await Promise.all(layers.map((layer) => registry.hasBlob(repository, layer.digest)))).every(Boolean);

  it('makes the same image as in the same repository, whole', async () => {
    await pushSampleImage(registry, `${from.host}/shop/orders:1`, 'tomcat-skywalking');

    const here = await rewrite(`${from.host}/shop/orders:1`, `${from.host}/shop/orders:1-otel`);
    const there = await rewrite(`${from.host}/shop/orders:1`, `${to.host}/mirror/orders:1-otel`);

    const { repository } = parseImageReference(there.reference);
    const stored = await registry.manifest(repository, '1-otel');
    const { layers } = JSON.parse(Buffer.from(stored?.bytes ?? []).toString()) as { readonly layers: readonly { readonly digest: string }[] };
    expect(stored?.digest).toBe(here.digest);
    expect(there.findings.map((each) => each.id)).toContain('base-layers-copied');
    expect(layers.length).toBeGreaterThan(4);
    expect(await hasAll(repository, layers)).toBe(true);
  });

  it("takes an index's image for Windows along, whose foreign layer stays where it is", async () => {
    const { windows } = await pushBoth();

    const done = await rewrite(`${from.host}/shop/orders:both`, `${to.host}/mirror/orders:both-otel`);

    const target = { registry: to.host, path: 'mirror/orders' };
    expect(done.findings).toContainEqual(expect.objectContaining({ id: 'base-layers-copied', params: expect.objectContaining({ others: 1 }) }));
    expect(Buffer.from((await registry.manifest(target, windows.digest))?.bytes ?? [])).toEqual(windows.bytes);
    expect(await registry.hasBlob(target, windows.layer)).toBe(true);
    expect(await registry.hasBlob(target, windows.foreign)).toBe(false);
  });

  it('says so where the other registry takes no layers that are elsewhere, and leaves no tag', async () => {
    const strict = await startRegistry({});
    await pushBoth();

    const done = rewrite(`${from.host}/shop/orders:both`, `${strict.host}/mirror/orders:both-otel`);

    await expect(done).rejects.toMatchObject({ rule: 'foreign-layer-refused', hint: expect.stringContaining('validation.manifests.urls.allow') });
    expect(await registry.manifest({ registry: strict.host, path: 'mirror/orders' }, 'both-otel')).toBeUndefined();
    await strict.stop();
  });

  it('stores nothing of a layer that does not hash to its digest', async () => {
    const bytes = randomBytes(3_000_000);
    const digest = sha256Digest(bytes);
    const wrong = Buffer.from(bytes);
    wrong[2_999_999] = (wrong[2_999_999] ?? 0) ^ 1;
    const liar = await standIn(() => ({ body: wrong }));
    const target = { registry: to.host, path: 'mirror/orders' };

    const copy = registry.copyBlob(target, { digest, size: bytes.length }, { registry: liar.host, path: 'shop/orders' });

    await expect(copy).rejects.toMatchObject({ code: 'refused', target: `${liar.host}/shop/orders@${digest}` });
    expect(await registry.hasBlob(target, digest)).toBe(false);
    await liar.close();
  });

  /** An index of an image for Windows and one for Linux. */
  async function pushBoth(): Promise<{ readonly windows: Awaited<ReturnType<typeof pushWindows>> }> {
    const repository = { registry: from.host, path: 'shop/orders' };
    await pushSampleImage(registry, `${from.host}/shop/orders:1`, 'tomcat-skywalking');
    const linux = await registry.manifest(repository, '1');
    const windows = await pushWindows(repository);
    const manifests = [
      { mediaType: mediaTypes.docker.manifest, digest: windows.digest, size: windows.bytes.length, platform: { os: 'windows', architecture: 'amd64' } },
      { mediaType: mediaTypes.oci.manifest, digest: linux?.digest, size: linux?.bytes.length, platform: { os: 'linux', architecture: 'amd64' } },
    ];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests }));
    await registry.putManifest(repository, 'both', { mediaType: mediaTypes.oci.index, bytes: index });
    return { windows };
  }

  async function pushWindows(
    repository: Repository,
  ): Promise<{ readonly digest: string; readonly bytes: Buffer; readonly layer: string; readonly foreign: string }> {
    const put = async (text: string): Promise<{ readonly digest: string; readonly size: number }> => {
      const bytes = Buffer.from(text);
      await registry.putBlob(repository, { digest: sha256Digest(bytes), bytes });
      return { digest: sha256Digest(bytes), size: bytes.length };
    };
    const layer = await put('a layer for Windows');
    const foreign = { digest: sha256Digest('the base of Windows'), size: 19, urls: ['https://example.com/windows.tar.gz'] };
    const document = {
      schemaVersion: 2,
      mediaType: mediaTypes.docker.manifest,
      config: { mediaType: mediaTypes.docker.config, ...(await put('{"os":"windows"}')) },
      layers: [
        { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', ...foreign },
        { mediaType: mediaTypes.docker.layer, ...layer },
      ],
    };
    const bytes = Buffer.from(JSON.stringify(document));
    await registry.putManifest(repository, 'windows', { mediaType: mediaTypes.docker.manifest, bytes });
    return { digest: sha256Digest(bytes), bytes, layer: layer.digest, foreign: foreign.digest };
  }
});
