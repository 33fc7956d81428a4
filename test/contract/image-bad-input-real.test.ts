import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import { pushSampleImage, sampleAgentJar } from '../../src/adapters/simulated/sample-images.ts';
import { fakeWiring } from '../../src/cli/fake-wiring.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { gzipStored } from '../../src/core/image/gzip-stored.ts';
import { mediaTypes } from '../../src/core/image/media-types.ts';
import { writeTar } from '../../src/core/image/tar-writer.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { isInstalled, PROGRAM, startRegistry } from './registry-program.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const JAR = '/skywalking/agent/skywalking-agent.jar';

describe.skipIf(!isInstalled(PROGRAM))('images that cannot be rewritten, in docker-registry', () => {
  let server: Awaited<ReturnType<typeof startRegistry>>;
  let registry: Registry;
  let fault: Server;
  let place = '';
  /** What the proxy answers to uploads. */
  let refusal: Refusal | undefined;

  beforeAll(async () => {
    server = await startRegistry({});
    registry = openRegistry({ settings: {}, directory: '/', env: {}, clock });
    fault = await startRefusing(server.host, () => refusal);
    place = `127.0.0.1:${(fault.address() as AddressInfo).port}`;
    await pushSampleImage(registry, `${server.host}/shop/orders:1`, 'tomcat-skywalking');
  });

  afterAll(async () => {
    fault.close();
    fault.closeAllConnections();
    await registry.close();
    await server.stop();
  });

  async function rewrite(reference: string, settings: Policy['registries'] = {}): Promise<{ readonly code: number; readonly err: string }> {
    const own = openRegistry({ settings, directory: '/', env: { LOGIN: 'tester:wrong' }, clock });
    const ports = {
      registry: own,
      layers: openLayerReader(own, { get: async () => undefined, put: async () => undefined }),
      clock,
      agentFiles: async () => ({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] }),
      policyFiles: async () => ({}),
    };
    const policy = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec: { to: { files: { path: './agent.jar' } } } };
    const fake = fakeWiring({ files: { 'policy.yaml': JSON.stringify(policy) }, wiring: { openImages: async () => ({ ports, close: () => own.close() }) } });
    const to = `${reference.replace(/[:@][^:@]*$/, '')}:new`;
    const code = await runCli(['image', 'rewrite', reference, '--to', to, '-p', 'policy.yaml', '--yes'], fake.wiring);
    // Whatever it is about, it names the image that was asked for, or the one to be made.
    if (code !== 0) expect([reference, to].filter((each) => fake.err().includes(each))).not.toEqual([]);
    return { code, err: fake.err() };
  }

  async function blob(path: string, bytes: Uint8Array): Promise<{ readonly digest: string; readonly size: number }> {
    const digest = sha256Digest(bytes);
    await registry.putBlob({ registry: server.host, path }, { digest, bytes });
    return { digest, size: bytes.length };
  }

  async function push(path: string, manifest: JsonObject, mediaType: string = mediaTypes.oci.manifest): Promise<string> {
    await registry.putManifest({ registry: server.host, path }, '1', {
      mediaType,
      bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...manifest })),
    });
    return `${server.host}/${path}:1`;
  }

  it('says that there is no such image, and ends with 2', async () => {
    const { code, err } = await rewrite(`${server.host}/shop/nobody:1`);

    expect(code).toBe(2);
    expect(err).toContain('the registry has no such image');
  });

  it('says that a chart is no image, and ends with 2', async () => {
    const config = await blob('charts/orders', Buffer.from('{"name":"orders"}'));
    const chart = await blob('charts/orders', Buffer.from('chart'));
    const reference = await push('charts/orders', {
      config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', ...chart }],
    });

    const { code, err } = await rewrite(reference);

    expect(code).toBe(2);
    expect(err).toMatch(/helm|not an image|no image/i);
  });

  it('says that an image for Windows alone is not for it', async () => {
    const config = await blob('win/app', Buffer.from(JSON.stringify({ os: 'windows', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } })));
    const child = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config: { mediaType: mediaTypes.oci.config, ...config }, layers: [] }),
    );
    await registry.putManifest({ registry: server.host, path: 'win/app' }, sha256Digest(child), { mediaType: mediaTypes.oci.manifest, bytes: child });
    const manifests = [
      { mediaType: mediaTypes.oci.manifest, digest: sha256Digest(child), size: child.length, platform: { os: 'windows', architecture: 'amd64' } },
    ];
    const reference = await push('win/app', { manifests }, mediaTypes.oci.index);

    const { code, err } = await rewrite(reference);

    expect(code).toBe(3);
    expect(err).toContain('the index holds no image for Linux');
  });

  it('refuses an image that would have more layers than runtimes unpack, and ends with 3', async () => {
    const at = { mtime: 0, uid: 0, gid: 0 } as const;
    const folders = ['skywalking', 'skywalking/agent'].map((path) => ({ kind: 'directory', path, mode: 0o755, ...at }) as const);
    const tar = writeTar([...folders, { kind: 'file', path: JAR.slice(1), mode: 0o644, bytes: Buffer.from('jar'), ...at }]);
    const layer = await blob('deep/app', gzipStored(tar));
    const document = {
      os: 'linux',
      architecture: 'amd64',
      config: { Env: [`JAVA_TOOL_OPTIONS=-javaagent:${JAR}`], Entrypoint: ['java', '-jar', '/a.jar'] },
      rootfs: { type: 'layers', diff_ids: Array.from({ length: 124 }, () => sha256Digest(tar)) },
    };
    const config = await blob('deep/app', Buffer.from(JSON.stringify(document)));
    const layers = Array.from({ length: 124 }, () => ({ mediaType: mediaTypes.oci.layer, ...layer }));
    const reference = await push('deep/app', { config: { mediaType: mediaTypes.oci.config, ...config }, layers });

    const { code, err } = await rewrite(reference);

    expect(code).toBe(3);
    expect(err).toMatch(/layers/);
  });

  it.each([
    [{ status: 405, code: 'UNSUPPORTED' }, /does not let us push|UNSUPPORTED/, 6],
    [{ status: 403, code: 'DENIED' }, /does not let us push/, 6],
  ])('says that a registry is read-only (%j), and ends with %i', async (answer, message, expected) => {
    refusal = answer;

    const { code, err } = await rewrite(`${place}/shop/orders:1`);
    refusal = undefined;

    expect(code).toBe(expected);
    expect(err).toMatch(message);
    expect(err).toMatch(/^fix: /m);
  });

  it.each([
    [{ status: 507, code: 'UNKNOWN', late: true }, 'the registry has no room for the new image', 3],
    [{ status: 403, code: 'DENIED', message: 'quota exceeded', late: true }, 'the registry has no room for the new image', 3],
    [{ status: 413, code: 'SIZE_INVALID', message: 'quota exceeded', late: true }, 'the registry has no room for the new image', 3],
    [{ status: 413, code: 'SIZE_INVALID', late: true }, 'client_max_body_size', 2],
  ] as const)('says that a registry is full (%j): %s, and ends with %i', async (answer, message, expected) => {
    refusal = answer;

    const { code, err } = await rewrite(`${place}/shop/orders:1`);
    refusal = undefined;

    expect(code).toBe(expected);
    expect(err).toContain(message);
    expect(await registry.manifest({ registry: server.host, path: 'shop/orders' }, 'new')).toBeUndefined();
  });

  it('says that a password is wrong, and ends with 6', async () => {
    const guarded = await startRegistry({ login: true });
    try {
      const { code, err } = await rewrite(`${guarded.host}/shop/orders:1`, { [guarded.host]: { auth: 'env:LOGIN' } });

      expect(code).toBe(6);
      expect(err).toMatch(/UNAUTHORIZED|authentication/);
      expect(err).not.toContain('wrong');
    } finally {
      await guarded.stop();
    }
  });
});

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  /** Uploads may be started, and only their bytes are refused. */
  readonly late?: true;
}

/** A way to the registry on which uploads may be refused. */
async function startRefusing(host: string, refusal: () => Refusal | undefined): Promise<Server> {
  const proxy = createServer((asked, answer) => {
    const found = asked.method === 'GET' || asked.method === 'HEAD' ? undefined : refusal();
    const refused = found?.late === true && asked.method !== 'PUT' && asked.method !== 'PATCH' ? undefined : found;
    if (refused) {
      asked.resume();
      answer
        .writeHead(refused.status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ errors: [{ code: refused.code, message: refused.message ?? 'no', detail: '' }] }));
      return;
    }
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on(
      'end',
      () => void forward(host, asked.method ?? 'GET', { url: asked.url ?? '/', accept: asked.headers.accept ?? '*/*' }).then((reply) => reply(answer)),
    );
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

async function forward(host: string, method: string, asked: { readonly url: string; readonly accept: string }) {
  const reply = await fetch(`http://${host}${asked.url}`, { method, headers: { accept: asked.accept } });
  const body = Buffer.from(await reply.arrayBuffer());
  const headers = Object.fromEntries([...reply.headers].filter(([name]) => name !== 'content-encoding' && name !== 'transfer-encoding'));
  return (answer: ServerResponse): void => void answer.writeHead(reply.status, headers).end(method === 'HEAD' ? undefined : body);
}
