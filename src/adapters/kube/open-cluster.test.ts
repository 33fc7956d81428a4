import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../core/error.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cluster, ListQuery, WatchEvent } from '../../ports/cluster.ts';
import { openCluster } from './open-cluster.ts';

/** What the server got, and how it answers: one entry per request, in order. */
interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Reply = (response: ServerResponse, request: Got) => void;

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const ref = { resource: configMaps, namespace: 'ns', name: 'a' };
const query: ListQuery = { resource: configMaps, namespace: 'ns', labelSelector: 'app in (a, b)' };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } };

let folder: string;
let server: Server;
let replies: Reply[];
let got: Got[];
let cluster: Cluster;
let sleeps: number[];

const clock: Clock = {
  now: () => sleeps.reduce((sum, ms) => sum + ms, 0),
  sleep: async (ms, signal) => {
    if (signal?.aborted) throw new ChangeoverError('aborted', 'stopped');
    sleeps.push(ms);
  },
};

beforeEach(async () => {
  [replies, got, sleeps] = [[], [], []];
  folder = await mkdtemp(join(tmpdir(), 'open-cluster-'));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
      got.push(seen);
      const reply = replies.shift() ?? answer(500, { kind: 'Status', message: 'nothing left to answer' });
      reply(response, seen);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cluster = await open();
});
afterEach(async () => {
  await cluster.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function open(more: { readonly server?: string; readonly cluster?: JsonObject; readonly user?: JsonObject } = {}): Promise<Cluster> {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    clusters: [{ name: 'k', cluster: { server: more.server ?? url(), ...more.cluster } }],
    users: [{ name: 'u', user: more.user ?? { token: 't' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  return await openCluster({ kubeconfig, env: { PATH: process.env['PATH'] }, clock });
}

function answer(status: number, body: Json, headers: Record<string, string> = {}): Reply {
  return (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function failure(code: number, message: string, more: JsonObject = {}, headers: Record<string, string> = {}): Reply {
  return answer(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code, ...more }, headers);
}

const cutOff: Reply = (response) => void response.socket?.destroy();

async function errorOf(promise: Promise<unknown>): Promise<ChangeoverError> {
  const error = await promise.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ChangeoverError);
  return error as ChangeoverError;
}

describe('requests', () => {
  it('carry the token, the field manager and the right content type', async () => {
    replies.push(answer(200, configMap), answer(200, configMap), answer(200, {}));

    await cluster.patch(ref, [{ op: 'remove', path: '/data/a' }], { dryRun: true });
    await cluster.create(configMap);
    await cluster.delete(ref, { uid: 'u1', dryRun: true });

    expect(got.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      'PATCH /api/v1/namespaces/ns/configmaps/a?fieldManager=changeover&dryRun=All',
      'POST /api/v1/namespaces/ns/configmaps?fieldManager=changeover',
      'DELETE /api/v1/namespaces/ns/configmaps/a',
    ]);
    expect(got[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/json-patch+json', 'user-agent': 'changeover' });
    expect(got[0]?.body).toBe('[{"op":"remove","path":"/data/a"}]');
    expect(JSON.parse(got[2]?.body ?? '')).toMatchObject({ preconditions: { uid: 'u1' }, dryRun: ['All'] });
  });

  it('finds the plural of the kinds we create, and keeps the path of the server', async () => {
    const proxied = await open({ server: `${url()}/k8s/clusters/c-1` });
    const kinds = [
      ['apps/v1', 'Deployment'],
      ['coordination.k8s.io/v1', 'Lease'],
      ['networking.k8s.io/v1', 'Ingress'],
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['gateway.networking.k8s.io/v1', 'Gateway'],
    ] as const;
    replies.push(...kinds.map(() => answer(201, {})), answer(201, {}));

    for (const [apiVersion, kind] of kinds) await proxied.create({ apiVersion, kind, metadata: { name: 'x', namespace: 'ns' } });
    await proxied.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } });
    await proxied.close();

    expect(got.map(({ url: path }) => path.replace(/\?.*/, '').replace('/k8s/clusters/c-1', ''))).toEqual([
      '/apis/apps/v1/namespaces/ns/deployments',
      '/apis/coordination.k8s.io/v1/namespaces/ns/leases',
      '/apis/networking.k8s.io/v1/namespaces/ns/ingresses',
      '/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies',
      '/apis/gateway.networking.k8s.io/v1/namespaces/ns/gateways',
      '/api/v1/namespaces',
    ]);
  });

  it('never address a collection or another object because a name is odd', async () => {
    expect(await errorOf(cluster.delete({ ...ref, name: '' }))).toMatchObject({ code: 'usage' });
    expect(await errorOf(cluster.delete({ ...ref, namespace: '' }))).toMatchObject({ code: 'usage' });
    expect(await errorOf(cluster.delete({ ...ref, name: '..' }))).toMatchObject({ code: 'usage' });
    expect(got).toEqual([]);
  });

  it('read logs, cut at the limit, and services through the proxy', async () => {
    replies.push(
      (response) => response.end('0123456789'),
      answer(200, [{ data: 1 }]),
      (response) => response.end('<html>'),
    );

    const log = await cluster.logs({ namespace: 'ns', pod: 'p', container: 'c', limitBytes: 4, previous: true, tailLines: 5 });
    const json = await cluster.serviceJson('obs/jaeger:16686', '/api/services?limit=1');

    expect(log).toBe('0123');
    expect(json).toEqual([{ data: 1 }]);
    expect(await errorOf(cluster.serviceJson('obs/jaeger:16686', '/api'))).toMatchObject({ code: 'unreachable', target: 'service obs/jaeger:16686' });
    expect(got.map(({ url: path }) => path)).toEqual([
      '/api/v1/namespaces/ns/pods/p/log?container=c&limitBytes=4&previous=true&tailLines=5',
      '/api/v1/namespaces/obs/services/jaeger%3A16686/proxy/api/services?limit=1',
      '/api/v1/namespaces/obs/services/jaeger%3A16686/proxy/api',
    ]);
  });
});

describe('retries', () => {
  it('send a read again after 5xx, 429 and cut connections, waiting longer each time', async () => {
    replies.push(failure(503, 'starting'), failure(429, 'busy', {}, { 'retry-after': '2' }), cutOff, answer(200, configMap));

    const found = await cluster.get(ref);

    expect(found).toEqual(configMap);
    expect(sleeps).toHaveLength(3);
    expect(sleeps[0]).toBeLessThanOrEqual(375);
    expect(sleeps[1]).toBeGreaterThanOrEqual(2000);
    expect(sleeps[2]).toBeGreaterThanOrEqual(500);
  });

  it('give up after five attempts', async () => {
    replies.push(...Array.from({ length: 9 }, () => failure(500, 'etcdserver: request timed out')));

    const error = await errorOf(cluster.get(ref));

    expect(error).toMatchObject({
      code: 'unreachable',
      retryable: true,
      target: 'ns/ConfigMap/a',
      message: expect.stringContaining('etcdserver: request timed out'),
    });
    expect(got).toHaveLength(5);
  });

  it('do not wait longer than their budget when the server asks for it', async () => {
    replies.push(failure(429, 'busy', {}, { 'retry-after': '60' }));

    expect(await errorOf(cluster.list(query))).toMatchObject({ code: 'rate-limited', retryAfterMs: 60_000 });
    expect(sleeps).toEqual([]);
  });

  it('send a write again only when it was refused unread', async () => {
    replies.push(failure(429, 'busy', { details: { retryAfterSeconds: 1 } }), answer(201, configMap));
    expect(await cluster.create(configMap)).toEqual(configMap);

    replies.push(failure(500, 'failed calling webhook'));
    expect(await errorOf(cluster.patch(ref, []))).toMatchObject({ code: 'unreachable', message: expect.stringContaining('failed calling webhook') });

    replies.push(cutOff);
    expect(await errorOf(cluster.replace(configMap))).toMatchObject({ code: 'unreachable', message: expect.stringContaining('broke before the answer') });
    expect(got.map(({ method }) => method)).toEqual(['POST', 'POST', 'PATCH', 'PUT']);
  });

  it('repeat access reviews, which store nothing', async () => {
    replies.push(failure(503, 'starting'), answer(201, { status: { allowed: true } }));

    expect(await cluster.can([{ verb: 'get', group: 'apps', resource: 'deployments', namespace: 'ns' }])).toEqual([true]);
    expect(JSON.parse(got[1]?.body ?? '')).toMatchObject({
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'ns' } },
    });
  });

  it('stop soon when nobody listens, and say where', async () => {
    const nobody = await open({ server: 'http://127.0.0.1:1' });

    const error = await errorOf(nobody.create(configMap));

    expect(error).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/cannot connect to http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/),
      hint: expect.stringContaining('kubeconfig'),
    });
    expect(sleeps.length).toBeGreaterThan(1);
    expect(clock.now()).toBeLessThan(3000);
  });

  it('end with aborted after close', async () => {
    await cluster.close();

    expect(await errorOf(cluster.get(ref))).toMatchObject({ code: 'aborted' });
  });

  it('end a plugin that hangs when the cluster is closed', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] };
    const plugged = await open({ user: { exec } });

    const pending = errorOf(plugged.get(ref));
    await plugged.close();

    expect(await pending).toMatchObject({ code: 'aborted' });
  });

  it('end when the signal fires, also while the server is silent', async () => {
    const stop = new AbortController();
    replies.push(() => stop.abort());

    expect(await errorOf(cluster.get(ref, stop.signal))).toMatchObject({ code: 'aborted', target: 'ns/ConfigMap/a' });
  });

  it('ask a plugin for a new credential after a 401, once', async () => {
    const script = `const fs = require('fs'); fs.appendFileSync('${folder}/runs', 'x'); console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: fs.readFileSync('${folder}/runs', 'utf8') } }))`;
    const plugged = await open({ user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] } } });
    replies.push(failure(401, 'Unauthorized'), answer(201, configMap), failure(401, 'Unauthorized'), failure(401, 'Unauthorized'));

    await plugged.create(configMap);
    const error = await errorOf(plugged.create(configMap));
    await plugged.close();

    expect(got.map(({ headers }) => headers.authorization)).toEqual(['Bearer x', 'Bearer xx', 'Bearer xx', 'Bearer xxx']);
    expect(error).toMatchObject({ code: 'denied', message: expect.stringContaining('does not accept our credentials') });
  });
});

describe('errors', () => {
  it.each([
    [
      'a failed patch',
      failure(422, 'the server rejected our request due to an error in our request', { reason: 'Invalid', details: {} }),
      'precondition',
      /not as the patch expected/,
    ],
    [
      'an invalid object',
      failure(422, 'ConfigMap "a" is invalid: metadata.labels: Invalid value', { details: { name: 'a', kind: 'ConfigMap', causes: [{}] } }),
      'refused',
      /metadata\.labels/,
    ],
    ['a bad request', failure(400, 'admission webhook "x" denied the request: no'), 'refused', /admission webhook "x"/],
    [
      'missing rights',
      failure(403, 'configmaps "a" is forbidden: User "bob" cannot patch resource "configmaps" in API group "" in the namespace "ns"'),
      'denied',
      /not allowed to patch configmaps in namespace ns: .*bob/,
    ],
    ['a quota', failure(403, 'configmaps "a" is forbidden: exceeded quota: q'), 'refused', /exceeded quota/],
    ['credentials', failure(401, 'Unauthorized'), 'denied', /credentials \(patch configmaps in namespace ns\)/],
    ['a lost race', failure(409, 'the object has been modified'), 'conflict', /has been modified/],
    ['an expired version', failure(410, 'too old resource version'), 'gone', /too old/],
    ['an absent object', failure(404, 'configmaps "a" not found', { details: { name: 'a' } }), 'not-found', /"a" not found/],
    [
      'a login page',
      (response: ServerResponse): void => void response.writeHead(302, { location: '/login' }).end(),
      'unreachable',
      /patch configmaps in namespace ns with HTTP 302/,
    ],
    ['a success that is no JSON', (response: ServerResponse): void => void response.end('<html>'), 'unreachable', /not a JSON object/],
  ] as const)('name %s', async (_what, reply, code, message) => {
    replies.push(reply);

    expect(await errorOf(cluster.patch(ref, []))).toMatchObject({ code, message: expect.stringMatching(message), target: 'ns/ConfigMap/a' });
  });

  it('tell an absent object from a kind the server does not know', async () => {
    replies.push(
      failure(404, 'configmaps "a" not found', { details: { name: 'a', kind: 'configmaps' } }),
      failure(404, 'the server could not find the requested resource', { details: {} }),
      (response) => response.writeHead(404).end('404 page not found\n'),
    );

    expect(await cluster.get(ref)).toBeUndefined();
    expect(await errorOf(cluster.get(ref))).toMatchObject({ code: 'not-found', message: expect.stringContaining('could not find the requested resource') });
    expect(await errorOf(cluster.get(ref))).toMatchObject({ code: 'not-found', message: expect.stringContaining('404 page not found') });
  });

  it('do not repeat whole objects or secrets that the server quotes', async () => {
    const quoted = String.raw`"" is invalid: patch: Invalid value: "{\"data\":{\"key\":\"v\"}}": json: cannot unmarshal, password=hunter2`;
    replies.push(failure(422, quoted, { details: { causes: [{}] } }));

    const { message } = await errorOf(cluster.patch(ref, []));

    expect(message).toBe('"" is invalid: patch: Invalid value: {…}: json: cannot unmarshal, password=*** (HTTP 422)');
  });

  it('refuse an answer larger than its bound, zipped or not', async () => {
    const huge = Buffer.alloc(17 * 1024 * 1024, ' ');
    replies.push(
      (response) => response.end(huge),
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(65 * 1024 * 1024, ' '))),
    );

    expect(await errorOf(cluster.get(ref))).toMatchObject({ code: 'too-large' });
    expect(await errorOf(cluster.list(query))).toMatchObject({ code: 'too-large' });
  });
});

describe('identity', () => {
  it('is the uid of kube-system, with version and user', async () => {
    const byPath: Reply = (response, { url: path }) => {
      if (path === '/version') return answer(200, { gitVersion: 'v1.37.0' })(response, got[0] as Got);
      if (path.endsWith('/kube-system')) return answer(200, { metadata: { uid: 'u-1' } })(response, got[0] as Got);
      return answer(201, { status: { userInfo: { username: 'alice' } } })(response, got[0] as Got);
    };
    replies.push(byPath, byPath, byPath);

    expect(await cluster.identity()).toEqual({ id: 'u-1', server: url(), version: 'v1.37.0', user: 'alice' });
  });

  it('is a hash of the server where nothing else may be read, and an error where nothing at all may', async () => {
    const onlyVersion: Reply = (response, { url: path }) =>
      (path === '/version' ? answer(200, { gitVersion: 'v1' }) : failure(403, 'x is forbidden: User "a" cannot get resource "namespaces"'))(
        response,
        got[0] as Got,
      );
    replies.push(onlyVersion, onlyVersion, onlyVersion);
    expect(await cluster.identity()).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{64}$/), version: 'v1', user: '' });

    replies.push(...Array.from({ length: 3 }, () => failure(401, 'Unauthorized')));
    expect(await errorOf(cluster.identity())).toMatchObject({ code: 'denied' });
  });
});

describe('list', () => {
  const page = (names: readonly string[], next?: string): Reply =>
    answer(200, {
      kind: 'ConfigMapList',
      metadata: { resourceVersion: '9', ...(next === undefined ? {} : { continue: next }) },
      items: names.map((name) => ({ metadata: { name } })),
    });

  it('reads every page and gives each item its kind', async () => {
    replies.push(page(['a', 'b'], 'next+page'), page(['c']));

    const items = await cluster.list(query);

    expect(items).toEqual(['a', 'b', 'c'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })));
    expect(got.map(({ url: path }) => path)).toEqual([
      '/api/v1/namespaces/ns/configmaps?limit=500&labelSelector=app%20in%20(a%2C%20b)',
      '/api/v1/namespaces/ns/configmaps?limit=500&labelSelector=app%20in%20(a%2C%20b)&continue=next%2Bpage',
    ]);
  });

  it('starts over once when the list expires half-way', async () => {
    replies.push(page(['a'], 'n'), failure(410, 'expired'), page(['a'], 'n'), page(['b']));
    expect((await cluster.list(query)).map((item) => item.metadata.name)).toEqual(['a', 'b']);

    replies.push(page(['a'], 'n'), failure(410, 'expired'), page(['a'], 'n'), failure(410, 'expired'));
    expect(await errorOf(cluster.list(query))).toMatchObject({ code: 'gone' });
  });

  it('asks for zipped pages unless the kubeconfig says not to', async () => {
    const plain = await open({ cluster: { 'disable-compression': true } });
    const zipped = gzipSync(JSON.stringify({ metadata: {}, items: [{ metadata: { name: 'z' } }] }));
    replies.push((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped), page([]));

    expect((await cluster.list(query)).map((item) => item.metadata.name)).toEqual(['z']);
    await plain.list(query);
    await plain.close();

    expect(got.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', undefined]);
  });
});

describe('watch', () => {
  const state = (version: string, names: readonly string[] = []): Reply =>
    answer(200, { metadata: { resourceVersion: version }, items: names.map((name) => ({ metadata: { name } })) });
  const object = (name: string, version: string): JsonObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, resourceVersion: version } });
  const line = (type: string, value: JsonObject): string => `${JSON.stringify({ type, object: value })}\n`;
  const stream =
    (...lines: readonly string[]): Reply =>
    (response) =>
      response.end(lines.join(''));
  const streamThenCut =
    (...lines: readonly string[]): Reply =>
    (response) =>
      void response.write(lines.join(''), () => response.socket?.destroy());
  const versions = (): readonly (string | null)[] =>
    got.filter(({ url: path }) => path.includes('watch=true')).map(({ url: path }) => new URL(path, 'http://x').searchParams.get('resourceVersion'));

  /** The first `count` events, then the signal. */
  async function read(count: number): Promise<readonly string[]> {
    const stop = new AbortController();
    const events: string[] = [];
    for await (const event of cluster.watch(query, stop.signal)) {
      events.push(describeEvent(event));
      if (events.length === count) stop.abort();
    }
    return events;
  }

  function describeEvent(event: WatchEvent): string {
    return event.kind === 'relisted' ? `relisted ${event.objects.map((each) => each.metadata.name).join()}` : `${event.kind} ${event.object.metadata.name}`;
  }

  it('goes on from the last version it saw after a cut, a bookmark or the end of the stream, without listing again', async () => {
    replies.push(
      state('5', ['a']),
      streamThenCut(line('MODIFIED', object('a', '6'))),
      stream(line('ADDED', object('b', '7')), line('BOOKMARK', { metadata: { resourceVersion: '20' } })),
      failure(503, 'restarting'),
      cutOff,
      stream(line('DELETED', object('b', '21')), '{"type":"ADD'),
      stream(line('ADDED', object('c', '22'))),
    );

    expect(await read(5)).toEqual(['relisted a', 'modified a', 'added b', 'deleted b', 'added c']);
    expect(versions()).toEqual(['5', '6', '20', '20', '20', '21']);
  });

  it('lists again when its place is gone, whether the server says so before or inside the stream', async () => {
    replies.push(
      state('5', ['a']),
      failure(410, 'too old'),
      state('8', ['b']),
      stream(line('ERROR', { kind: 'Status', code: 410, message: 'too old' })),
      state('9', ['c']),
      stream(line('ADDED', object('d', '10'))),
    );

    expect(await read(4)).toEqual(['relisted a', 'relisted b', 'relisted c', 'added d']);
    expect(versions()).toEqual(['5', '8', '9']);
  });

  it('lists again after many failures in a row, when its place may mean nothing any more', async () => {
    replies.push(state('900', ['a']), ...Array.from({ length: 5 }, () => failure(504, 'Too large resource version: 900, current: 5')), state('5', ['b']));

    expect(await read(2)).toEqual(['relisted a', 'relisted b']);
  });

  it('waits longer each time a server ends its watches at once, at most half a minute and a bit', async () => {
    replies.push(state('5'), ...Array.from({ length: 12 }, () => stream()), stream(line('ADDED', object('a', '6'))));

    await read(2);

    expect(sleeps).toHaveLength(12);
    expect(sleeps.at(-1)).toBeGreaterThan(10_000);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(45_000);
  });

  it('fails as a list does when it cannot even begin', async () => {
    replies.push(failure(403, 'configmaps is forbidden: User "a" cannot list resource "configmaps"'));

    expect(await errorOf(read(1))).toMatchObject({ code: 'denied', message: expect.stringContaining('not allowed to list configmaps in namespace ns') });
  });

  it('fails when its right is taken away on the way', async () => {
    replies.push(state('5'), failure(403, 'configmaps is forbidden: User "a" cannot watch resource "configmaps"'));

    expect(await errorOf(read(2))).toMatchObject({ code: 'denied', message: expect.stringContaining('not allowed to watch') });
  });
});

describe('proxy-url', () => {
  it('sends plain HTTP requests through the proxy', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      answer(200, configMap)(response, got[0] as Got);
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const proxied = await open({ server: 'http://k8s.test', cluster: { 'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` } });

    const found = await proxied.get(ref);
    await proxied.close();
    proxy.closeAllConnections();
    await new Promise((done) => proxy.close(done));

    expect(found).toEqual(configMap);
    expect(seen).toEqual(['GET http://k8s.test/api/v1/namespaces/ns/configmaps/a']);
  });
});
