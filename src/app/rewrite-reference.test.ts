import { beforeEach, describe, expect, it } from 'vitest';
import { openLayerReader } from '../adapters/registry/layer-reader.ts';
import { pushSampleImage, sampleAgentJar, SAMPLE_JARS } from '../adapters/simulated/sample-images.ts';
import { openSimulatedRegistry, type SimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import type { ImageReport } from '../core/image-report/image-report.ts';
import { mediaTypes } from '../core/image/media-types.ts';
import { parseImageReference } from '../core/image/reference.ts';
import type { JsonObject } from '../core/json.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { Policy } from '../core/policy/policy.ts';
import { inspectImage } from './inspect-image.ts';
import { prepareRewrite, pushRewrite, type ImagePorts, type PreparedRewrite } from './rewrite-reference.ts';

const HOST = 'registry.example.com';
const OTHER = 'other.example.com';
const ORDERS = `${HOST}/shop/orders:1.0`;
const RESULT = `${HOST}/shop/orders:1.0-otel`;

function policyOf(spec: JsonObject = {}): Policy {
  const to = { files: { path: './javaagent.jar' }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } };
  const document = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec: { to, ...spec } };
  return parsePolicy(document, { file: 'policy.yaml', position: () => undefined });
}

describe('rewriting an image under a name of the caller', () => {
  let registry: SimulatedRegistry;
  let ports: ImagePorts;

  beforeEach(async () => {
    registry = openSimulatedRegistry();
    ports = {
      registry,
      layers: openLayerReader(registry, { get: async () => undefined, put: async () => undefined }),
      clock: { now: () => Date.parse('2026-11-24T12:00:00Z'), sleep: async () => undefined },
      agentFiles: async () => ({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] }),
      policyFiles: async () => ({}),
    };
    await pushSampleImage(registry, ORDERS, 'tomcat-skywalking');
  });

  function prepare(reference: string, to: string, policy = policyOf()): Promise<PreparedRewrite> {
    const { repository, tag = '' } = parseImageReference(to);
    return prepareRewrite(ports, parseImageReference(reference), { policy, to: { repository, tag } });
  }

  async function rewrite(reference: string, to: string, policy = policyOf()): Promise<NonNullable<ImageReport['rewrite']>> {
    const prepared = await prepare(reference, to, policy);
    if (prepared.kind === 'refused') throw new Error(JSON.stringify(prepared));
    const { rewrite: done } = await pushRewrite(ports, prepared, { policy });
    if (!done) throw new Error('no rewrite in the report');
    return done;
  }

  const inspect = async (reference: string): Promise<ImageReport> =>
    inspectImage(ports, parseImageReference(reference), { policy: policyOf(), layerScan: true });

  it("pushes an image that is known as ours, with the new agent in the old one's place", async () => {
    const done = await rewrite(ORDERS, RESULT);

    const source = await inspect(ORDERS);
    const result = await inspect(RESULT);
    expect(done).toMatchObject({ reference: RESULT, status: 'pushed', delivery: 'takeover', env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' } });
    expect(result.digest).toBe(done.digest);
    expect(result.platforms[0]).toMatchObject({
      ours: { source: source.digest, sourceName: `${HOST}/shop/orders@${source.digest}`, agent: 'opentelemetry', version: '2.33.1' },
      agents: [{ id: 'opentelemetry', jarPath: '/changeover/agent/javaagent.jar', links: [SAMPLE_JARS.skywalking], namedBy: [] }],
    });
    expect(result.platforms[0]?.layers.map((layer) => layer.ours)).toEqual([false, false, false, false, true, true]);
    expect(result.takeover).toMatchObject({ possible: false, because: [{ id: 'already-ours' }] });
  });

  it('sends nothing the second time', async () => {
    const first = await rewrite(ORDERS, RESULT);
    const before = registry.traffic().bytesUp;

    const prepared = await prepare(ORDERS, RESULT);
    const second = await rewrite(ORDERS, RESULT);

    expect(prepared).toMatchObject({ kind: 'ready', isThere: true, report: { rewrite: { status: 'existed' } } });
    expect(second).toEqual({ ...first, status: 'existed' });
    expect(registry.traffic().bytesUp).toBe(before);
  });

  it('writes nothing before it is told to push', async () => {
    const before = registry.traffic().bytesUp;

    const prepared = await prepare(ORDERS, RESULT);

    expect(prepared).toMatchObject({ kind: 'ready', isThere: false, report: { rewrite: { status: 'planned' } } });
    expect(registry.traffic().bytesUp).toBe(before);
    await expect(inspect(RESULT)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('never overwrites a tag that has other content', async () => {
    await pushSampleImage(registry, RESULT, 'no-jvm');
    const before = await registry.manifest(parseImageReference(RESULT).repository, '1.0-otel');

    const prepared = prepare(ORDERS, RESULT);

    await expect(prepared).rejects.toMatchObject({ code: 'refused', target: RESULT, hint: expect.stringContaining('--to') });
    expect(await registry.manifest(parseImageReference(RESULT).repository, '1.0-otel')).toEqual(before);
  });

  it('brings another version into an image that is ours, from the original', async () => {
    const policy = policyOf({ from: { agent: 'opentelemetry' } });
    await rewrite(ORDERS, RESULT);
    ports = { ...ports, agentFiles: async () => ({ version: '2.34.0', files: [{ path: 'agent/javaagent.jar', bytes: Buffer.from('newer') }] }) };

    const newer = await rewrite(RESULT, `${RESULT}-2`, policy);

    const { platforms } = await inspect(newer.reference);
    expect(platforms).toMatchObject([{ ours: { source: (await inspect(ORDERS)).digest, version: '2.34.0' } }]);
    expect(platforms[0]?.layers.filter((layer) => layer.ours)).toHaveLength(2);
  });

  it('does not stack its layers on an image that is ours', async () => {
    await rewrite(ORDERS, RESULT);

    const again = await rewrite(RESULT, `${RESULT}-2`);

    const { platforms } = await inspect(again.reference);
    expect(platforms[0]?.layers.filter((layer) => layer.ours)).toHaveLength(2);
    expect(platforms[0]?.ours?.source).toBe((await inspect(ORDERS)).digest);
  });

  it('mounts the layers of the source in another repository', async () => {
    const here = await rewrite(ORDERS, RESULT);
    const before = registry.traffic();

    const there = await rewrite(ORDERS, `${HOST}/team/orders:1`);

    const after = registry.traffic();
    expect(there.digest).toBe(here.digest);
    expect(await inspect(there.reference)).toMatchObject({ digest: here.digest });
    // The config, the path layer and the manifest twice; the agent is mounted.
    expect(after.bytesUp - before.bytesUp).toBeLessThan(10_000);
  });

  it('says so where the layers of the source cannot be mounted, and leaves no tag', async () => {
    registry.faults = { mountRefused: [HOST] };

    const pushed = rewrite(ORDERS, `${HOST}/team/orders:1`);

    await expect(pushed).rejects.toMatchObject({
      code: 'refused',
      target: `${HOST}/team/orders:1`,
      message: expect.stringContaining('does not mount it from'),
    });
    await expect(inspect(`${HOST}/team/orders:1`)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('copies the layers of the source to another registry once, and says so before', async () => {
    await pushSampleImage(registry, `${HOST}/shop/cart:1.0`, 'tomcat-skywalking');
    const here = await rewrite(ORDERS, RESULT);
    const source = await inspect(ORDERS);
    const bytes = source.platforms[0]?.layers.reduce((sum, layer) => sum + layer.size, 0) ?? 0;
    const before = registry.traffic();

    const there = await rewrite(ORDERS, `${OTHER}/shop/orders:1.0-otel`);

    const { layerBytesDown } = registry.traffic();
    expect(there.digest).toBe(here.digest);
    expect(there.findings).toContainEqual({ id: 'base-layers-copied', severity: 'info', params: { registry: OTHER, layers: 4, bytes } });
    expect(here.findings.map((each) => each.id)).not.toContain('base-layers-copied');
    expect(await inspect(there.reference)).toMatchObject({ digest: here.digest });
    // Read twice by the scan (inspect keeps no cache here), and copied.
    expect(layerBytesDown - before.layerBytesDown).toBeGreaterThanOrEqual(bytes);
  });

  it('leaves no tag on another registry where a layer of the source is gone', async () => {
    const prepared = await prepare(ORDERS, `${OTHER}/shop/orders:1.0-otel`);
    if (prepared.kind === 'refused') throw new Error(JSON.stringify(prepared));
    registry.collect(prepared.source.repository, prepared.source.platforms[0].parsed.layers[0]?.digest ?? '');

    await expect(pushRewrite(ports, prepared, { policy: policyOf() })).rejects.toMatchObject({ code: 'not-found' });

    expect(await registry.tags({ registry: OTHER, path: 'shop/orders' })).toEqual([]);
  });

  it.each([`${OTHER}/shop/orders`, `${OTHER}/changeover/agent`])('asks the other registry for the right to push to %s', async (place) => {
    registry.faults = { pushDenied: [place] };

    await expect(prepare(ORDERS, `${OTHER}/shop/orders:1.0-otel`)).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining(place) });
  });

  it.each([`${HOST}/shop/orders`, `${HOST}/changeover/agent`])('asks for the right to push to %s before it is needed', async (place) => {
    registry.faults = { pushDenied: [place] };

    await expect(prepare(ORDERS, RESULT)).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining(place) });
  });

  it('rewrites what an index holds, and drops the attestation of the old image', async () => {
    const { repository } = parseImageReference(ORDERS);
    const image = await registry.manifest(repository, '1.0');
    const child = { mediaType: mediaTypes.oci.manifest, digest: image?.digest, size: image?.bytes.length };
    const attestation = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image?.digest };
    const index = {
      schemaVersion: 2,
      mediaType: mediaTypes.oci.index,
      manifests: [
        { ...child, platform: { os: 'linux', architecture: 'amd64' } },
        { ...child, platform: { os: 'unknown', architecture: 'unknown' }, annotations: attestation },
      ],
    };
    await registry.putManifest(repository, 'multi', { mediaType: mediaTypes.oci.index, bytes: new TextEncoder().encode(JSON.stringify(index)) });

    const done = await rewrite(`${HOST}/shop/orders:multi`, RESULT);

    const result = await inspect(RESULT);
    expect(result.digest).toBe(done.digest);
    expect(result.children).toMatchObject([{ role: 'image', digest: result.platforms[0]?.digest }]);
    expect(result.platforms).toMatchObject([{ ours: { source: image?.digest } }]);
  });

  it('edits the image itself where the policy says so', async () => {
    await pushSampleImage(registry, `${HOST}/shop/cart:1.0`, 'spring-skywalking');

    const done = await rewrite(`${HOST}/shop/cart:1.0`, `${HOST}/shop/cart:1.0-otel`, policyOf({ delivery: 'image' }));

    const { platforms } = await inspect(done.reference);
    expect(done.delivery).toBe('image');
    expect(platforms[0]?.config.env).toContainEqual({ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:/changeover/agent/javaagent.jar' });
    expect(platforms[0]?.agents).toMatchObject([{ id: 'opentelemetry', namedBy: ['image ENV JAVA_TOOL_OPTIONS'] }]);
  });

  it('refuses an image without the old agent', async () => {
    await pushSampleImage(registry, `${HOST}/shop/web:1.0`, 'no-jvm');

    const prepared = await prepare(`${HOST}/shop/web:1.0`, `${HOST}/shop/web:1.0-otel`);

    expect(prepared).toMatchObject({ kind: 'refused', findings: [{ id: 'old-agent-absent', params: { agent: 'skywalking' } }], allowable: false });
  });

  it('tells settings of the old agent that a plan would give to the pods, and no defaults', async () => {
    const prepared = await prepare(ORDERS, RESULT);

    expect(prepared).toMatchObject({ report: { rewrite: { podEnv: {} } } });
  });
});
