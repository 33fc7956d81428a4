import { beforeEach, describe, expect, it } from 'vitest';
import { openLayerReader } from '../adapters/registry/layer-reader.ts';
import { pushSampleImage, SAMPLE_JARS } from '../adapters/simulated/sample-images.ts';
import { openSimulatedRegistry, type SimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import { sha256Digest } from '../core/image/digest.ts';
import { mediaTypes } from '../core/image/media-types.ts';
import { parseImageReference } from '../core/image/reference.ts';
import { defaultPolicy } from '../core/policy/default-policy.ts';
import { inspectImage } from './inspect-image.ts';

const HOST = 'registry.example.com';
const ORDERS = `${HOST}/shop/orders:1.0`;
const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('inspecting an image', () => {
  let registry: SimulatedRegistry;
  const inspect = (reference: string, layerScan = true): ReturnType<typeof inspectImage> => {
    const layers = openLayerReader(registry, { get: async () => undefined, put: async () => undefined });
    return inspectImage({ registry, layers }, parseImageReference(reference), { policy: defaultPolicy(), layerScan });
  };

  beforeEach(async () => {
    registry = openSimulatedRegistry();
    await pushSampleImage(registry, ORDERS, 'tomcat-skywalking');
  });

  it('says what it is, which agent it holds, and that a takeover is possible', async () => {
    const report = await inspect(ORDERS);

    expect(report).toMatchObject({ apiVersion: 'changeover.dev/v1alpha1', kind: 'ImageReport', reference: ORDERS, signatures: [] });
    expect(report.platforms).toHaveLength(1);
    expect(report.platforms[0]).toMatchObject({
      os: 'linux',
      architecture: 'amd64',
      digest: report.digest,
      config: { cmd: ['catalina.sh', 'run'], workingDir: '/usr/local/tomcat' },
      java: [{ version: '17.0.12' }],
      agents: [{ id: 'skywalking', version: '9.4.0', jarPath: SAMPLE_JARS.skywalking, namedBy: [] }],
    });
    expect(report.platforms[0]?.layers.map((layer) => layer.ours)).toEqual([false, false, false, false]);
    expect(report.takeover).toMatchObject({
      possible: true,
      jarPath: SAMPLE_JARS.skywalking,
      removes: ['/skywalking/agent/activations', '/skywalking/agent/plugins'],
    });
  });

  it('finds the same image by digest', async () => {
    const byTag = await inspect(ORDERS);

    const byDigest = await inspect(`${HOST}/shop/orders@${byTag.digest}`);

    expect(byDigest).toEqual({ ...byTag, reference: `${HOST}/shop/orders@${byTag.digest}` });
  });

  it('takes no tag for latest', async () => {
    await pushSampleImage(registry, `${HOST}/shop/cart:latest`, 'no-jvm');

    const report = await inspect(`${HOST}/shop/cart`);

    expect(report.reference).toBe(`${HOST}/shop/cart:latest`);
    expect(report.takeover).toEqual({ possible: false, because: [{ id: 'old-agent-absent', severity: 'block', params: { agent: 'skywalking' } }] });
  });

  it('proves nothing without its layers', async () => {
    const report = await inspect(ORDERS, false);

    expect(report.platforms[0]).toMatchObject({ agents: [], scanProblem: 'the layer scan is off' });
    expect(report.takeover).toMatchObject({ possible: false, because: [{ id: 'layers-not-scanned' }] });
    expect(registry.traffic().layerBytesDown).toBe(0);
  });

  it('lists what an index holds, attestations apart, and reads its Linux images', async () => {
    const { repository } = parseImageReference(ORDERS);
    const image = await registry.manifest(repository, '1.0');
    const attestation = encode({ schemaVersion: 2, mediaType: mediaTypes.oci.manifest, layers: [] });
    await registry.putManifest(repository, sha256Digest(attestation), { mediaType: mediaTypes.oci.manifest, bytes: attestation });
    const index = encode({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.index,
      manifests: [
        { mediaType: mediaTypes.oci.manifest, digest: image?.digest, size: image?.bytes.length, platform: { os: 'linux', architecture: 'amd64' } },
        {
          mediaType: mediaTypes.oci.manifest,
          digest: sha256Digest(attestation),
          size: attestation.length,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image?.digest },
        },
      ],
    });
    await registry.putManifest(repository, 'multi', { mediaType: mediaTypes.oci.index, bytes: index });

    const report = await inspect(`${HOST}/shop/orders:multi`);

    expect(report.digest).toBe(sha256Digest(index));
    expect(report.children).toMatchObject([
      { role: 'image', platform: { architecture: 'amd64' } },
      { role: 'attestation', about: image?.digest },
    ]);
    expect(report.platforms.map((platform) => platform.digest)).toEqual([image?.digest]);
  });

  it('sees signatures that stand under tags of its digest', async () => {
    const { repository } = parseImageReference(ORDERS);
    const { digest } = await inspect(ORDERS);
    const tag = `${digest.replace(':', '-')}.sig`;
    await registry.putManifest(repository, tag, { mediaType: mediaTypes.oci.manifest, bytes: encode({ schemaVersion: 2 }) });

    const report = await inspect(ORDERS);

    expect(report.signatures).toEqual([{ kind: 'signature', about: digest, tag }]);
  });

  it('masks credentials wherever the config has them', async () => {
    const { repository } = parseImageReference(ORDERS);
    const config = encode({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [] },
      config: { Env: ['DB_PASSWORD=hunter2', 'URL=http://me:hunter2@db/'], Cmd: ['--token=hunter2'] },
    });
    const manifest = encode({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.manifest,
      config: { mediaType: mediaTypes.oci.config, digest: sha256Digest(config), size: config.length },
      layers: [],
    });
    await registry.putBlob(repository, { digest: sha256Digest(config), bytes: config });
    await registry.putManifest(repository, 'secret', { mediaType: mediaTypes.oci.manifest, bytes: manifest });

    const report = await inspect(`${HOST}/shop/orders:secret`);

    expect(JSON.stringify(report)).not.toContain('hunter2');
    expect(report.platforms[0]?.config.env.map((each) => each.name)).toEqual(['DB_PASSWORD', 'URL']);
  });

  it('says that there is no such image', async () => {
    await expect(inspect(`${HOST}/shop/orders:2.0`)).rejects.toMatchObject({ code: 'not-found', target: `${HOST}/shop/orders:2.0` });
  });

  it('says that an artifact is no image', async () => {
    const { repository } = parseImageReference(`${HOST}/charts/orders:1.0`);
    const bytes = encode({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.manifest,
      config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: sha256Digest('{}'), size: 2 },
      layers: [],
    });
    await registry.putBlob(repository, { digest: sha256Digest('{}'), bytes: encode({}) });
    await registry.putManifest(repository, '1.0', { mediaType: mediaTypes.oci.manifest, bytes });

    await expect(inspect(`${HOST}/charts/orders:1.0`)).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('passes on that it may not read, and that nobody answers', async () => {
    registry.faults = { pullDenied: [HOST] };
    await expect(inspect(ORDERS)).rejects.toMatchObject({ code: 'denied' });
    registry.faults = { unreachable: [HOST] };
    await expect(inspect(ORDERS)).rejects.toMatchObject({ code: 'unreachable' });
  });
});
