import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { pushSampleImage, sampleAgentJar } from '../../src/adapters/simulated/sample-images.ts';
import { prepareRewrite, pushRewrite } from '../../src/app/rewrite-reference.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { readManifest } from '../../src/core/image/manifest.ts';
import { parseImageReference } from '../../src/core/image/reference.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { openFaultProxy, type Fault, type FaultProxy, type Passing } from './fault-proxy.ts';
import { hastyClock, openClient } from './stand-in.ts';

/** A registry to put the faulty proxy before, empty where the suite writes. */
export interface Backend {
  readonly host: string;
  close(): Promise<void>;
}

interface Scenario {
  readonly name: string;
  /** What happens to the request it is the turn of. */
  readonly fault: (passing: Passing) => Fault | undefined;
  /** `once` = the next request of the kind is served again. */
  readonly times: 'once' | 'always';
  /** What the reason must say when the push fails; undefined = it must not fail. */
  readonly reason: RegExp | undefined;
  /** The client cannot know better: then it is the registry that refuses the tag. */
  readonly lies?: true;
}

const said = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message, detail: { why: 'test' } }] });
const answer = (status: number, body = '', headers: { readonly [name: string]: string } = {}): Fault => ({ kind: 'answer', status, body, headers });
const isWrite = ({ method }: Passing): boolean => method === 'PUT' || method === 'POST' || method === 'PATCH';
const isManifestPut = ({ method, url }: Passing): boolean => method === 'PUT' && url.includes('/manifests/');

const scenarios: readonly Scenario[] = [
  { name: 'a connection cut before the request arrives', fault: () => ({ kind: 'cut' }), times: 'once', reason: undefined },
  { name: 'an answer that is lost', fault: () => ({ kind: 'lost' }), times: 'once', reason: undefined },
  { name: 'half a body', fault: () => ({ kind: 'half' }), times: 'once', reason: undefined },
  { name: 'a body that trickles', fault: () => ({ kind: 'slow' }), times: 'once', reason: undefined },
  { name: '429 with Retry-After', fault: () => answer(429, '', { 'retry-after': '7' }), times: 'once', reason: undefined },
  { name: '500', fault: () => answer(500, said('UNKNOWN', 'storage driver')), times: 'once', reason: undefined },
  { name: '503 with a page for people', fault: () => answer(503, '<html>upstream</html>'), times: 'once', reason: undefined },
  {
    name: '500 without end',
    fault: () => answer(500, said('UNKNOWN', 'storage driver')),
    times: 'always',
    reason: /\(HTTP 500 from 127/,
  },
  {
    name: 'a session that has ended: 401',
    fault: () => answer(401, said('UNAUTHORIZED', 'expired')),
    times: 'always',
    reason: /\(HTTP 401 from 127|does not let us push/,
  },
  {
    name: 'a full project: 403',
    fault: (passing) => (isWrite(passing) ? answer(403, said('DENIED', 'requested access would exceed the quota')) : undefined),
    times: 'always',
    reason: /DENIED: requested access would exceed the quota \(HTTP 403|does not let us push/,
  },
  {
    name: 'an immutable tag: 412',
    fault: (passing) => (isManifestPut(passing) ? answer(412, said('PRECONDITION', 'configured as immutable')) : undefined),
    times: 'always',
    reason: /PRECONDITION: configured as immutable \(HTTP 412/,
  },
  {
    name: 'a manifest whose blob was collected: 400',
    fault: (passing) => (isManifestPut(passing) ? answer(400, said('MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry')) : undefined),
    times: 'always',
    reason: /MANIFEST_BLOB_UNKNOWN: blob unknown to registry/,
  },
  {
    name: 'content that is not what its digest says',
    fault: ({ method }) => (method === 'GET' ? { kind: 'change', change: (real) => ({ ...real, body: flipped(real.body) }) } : undefined),
    times: 'once',
    reason: /the content is not what its digest says/,
  },
  {
    name: 'a registry that says it stored something else',
    fault: ({ method }) =>
      method === 'PUT'
        ? { kind: 'change', change: (real) => ({ ...real, headers: { ...real.headers, 'docker-content-digest': sha256Digest('else') } }) }
        : undefined,
    times: 'once',
    reason: /stored sha256:|the content is not what its digest says/,
  },
  {
    name: 'a blob that is said to be there and is not',
    fault: ({ method, url }) => (method === 'HEAD' && url.includes('/blobs/') ? answer(200) : undefined),
    times: 'once',
    reason: /MANIFEST_BLOB_UNKNOWN/,
    lies: true,
  },
  {
    name: 'a redirect inside the network',
    fault: () => answer(307, '', { location: 'http://169.254.169.254/latest/meta-data' }),
    times: 'always',
    reason: /is a private address on another host|\(HTTP 307|does not let us push/,
  },
];

/**
 * Rewrites and pushes a sample image through a proxy that spoils each request in turn. However it ends: correct, or failed with the reason;
 * and no tag is ever put on a manifest the registry does not hold whole. `stride` spoils every so-manieth request only, to be quick.
 */
export function pushUnderFaults(name: string, openBackend: () => Promise<Backend>, stride = 1): void {
  describe(`pushing to ${name} under faults`, () => {
    let backend: Backend;
    let proxy: FaultProxy;
    let direct: Registry;
    let runs = 0;

    beforeAll(async () => {
      backend = await openBackend();
      proxy = await openFaultProxy(backend.host);
      direct = openClient();
    });
    afterAll(async () => {
      await direct.close();
      await proxy.close();
      await backend.close();
    });

    it.each(scenarios)('survives $name, whichever request it hits', async (scenario) => {
      const { fault, times, reason, lies = false } = scenario;
      const total = (await run(() => undefined)).requests;

      const ends: { readonly hit: number; readonly end: Awaited<ReturnType<typeof run>> }[] = [];
      for (let hit = 1 + (scenarios.indexOf(scenario) % stride); hit <= total; hit += stride) {
        let first: string | undefined;
        const end = await run((passing, count) => {
          if (count < hit || (times === 'once' && first !== undefined)) return undefined;
          const happens = fault(passing);
          first ??= happens && `${passing.method} ${passing.url}`;
          return times === 'always' && first !== `${passing.method} ${passing.url}` ? undefined : happens;
        });
        ends.push({ hit, end });
      }

      expect(total).toBeGreaterThan(10);
      for (const { hit, end } of ends) {
        if (!lies) expect(end.early, `tags put too early, request ${hit}`).toEqual([]);
        expect(end.whole, `request ${hit}`).toBe(true);
        if (end.error === undefined) expect(end.tagged, `request ${hit}`).toBe(end.expected);
        else expect(end, `request ${hit}`).toMatchObject({ error: { code: expect.any(String), target: expect.stringContaining('127.0.0.1') } });
        if (end.error !== undefined) expect(end.error.message, `request ${hit}`).toMatch(reason ?? /^must not fail$/);
      }
    });

    /** One rewrite in repositories of its own; `rule` gets the number of the request in this run. */
    async function run(rule: (passing: Passing, count: number) => Fault | undefined) {
      const path = `faults/run-${(runs += 1)}/orders`;
      await pushSampleImage(direct, `${backend.host}/${path}:1.0`, 'tomcat-skywalking');
      const target = { repository: { registry: proxy.host, path }, tag: '1.0-otel' };
      const client = openClient();
      const early: string[] = [];
      let count = 0;
      proxy.rule = async (passing) => {
        const [, repository, reference] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(passing.url) ?? [];
        const tags = passing.method === 'PUT' && repository !== undefined && !decodeURIComponent(reference ?? '').includes(':');
        if (tags && !(await hasContent(repository, passing.body, passing.headers['content-type'] ?? ''))) early.push(passing.url);
        return rule(passing, (count += 1));
      };
      const ports = {
        registry: client,
        layers: openLayerReader(client, { get: async () => undefined, put: async () => undefined }),
        clock: hastyClock(),
        agentFiles: async () => ({ version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] }),
        policyFiles: async () => ({}),
      };
      let expected: string | undefined;
      let error: ChangeoverError | undefined;
      try {
        const prepared = await prepareRewrite(ports, parseImageReference(`${proxy.host}/${path}:1.0`), { policy, to: target });
        if (prepared.kind === 'refused') throw new ChangeoverError('refused', JSON.stringify(prepared.findings), { target: proxy.host });
        expected = (await pushRewrite(ports, prepared, { policy })).rewrite?.digest;
      } catch (thrown) {
        if (!(thrown instanceof ChangeoverError)) throw thrown;
        error = thrown;
      }
      proxy.rule = () => undefined;
      await client.close();
      const tagged = (await direct.manifest({ registry: backend.host, path }, target.tag))?.digest;
      return { requests: count, early, expected, tagged, error, whole: tagged === undefined || (await isWhole(path, tagged)) };
    }

    async function isWhole(path: string, digest: string): Promise<boolean> {
      const manifest = await direct.manifest({ registry: backend.host, path }, digest);
      return manifest !== undefined && hasContent(path, manifest.bytes, manifest.mediaType);
    }

    /** Whether the registry holds everything a manifest names. */
    async function hasContent(path: string, manifest: Uint8Array, mediaType: string): Promise<boolean> {
      const parsed = readManifest(manifest, mediaType);
      if (parsed.kind !== 'image') throw new Error('the sample is one image');
      const there = await Promise.all([parsed.config, ...parsed.layers].map((each) => direct.hasBlob({ registry: backend.host, path }, each.digest)));
      return there.every(Boolean);
    }
  });
}

const policy = parsePolicy(
  {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'test' },
    spec: { to: { files: { path: './javaagent.jar' } }, image: { agentRepository: '{repository}-agent' } },
  },
  { file: 'policy.yaml', position: () => undefined },
);

function flipped(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  const at = Math.floor(changed.length / 2);
  if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
