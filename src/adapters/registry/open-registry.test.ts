import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../core/image/digest.ts';
import type { RegistrySettings } from '../../core/policy/policy.ts';
import type { Registry } from '../../ports/registry.ts';
import { openRegistry } from './open-registry.ts';

const content = Buffer.from('the layer');
const digest = sha256Digest(content);
const manifest = Buffer.from('{"schemaVersion":2}');
const stopped: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stopped.splice(0)) await stop();
});

describe('the token flow', () => {
  it('asks once how to log in and once for a token, then reuses it', async () => {
    const { registry, repository, server, tokens } = await withTokens();

    await registry.manifest(repository, '1.0');
    await registry.manifest(repository, '1.0');

    expect(server.log).toEqual(['GET /v2/', 'GET /v2/team/app/manifests/1.0', 'GET /v2/team/app/manifests/1.0']);
    expect(tokens.log).toEqual(['GET /token?service=test&scope=repository%3Ateam%2Fapp%3Apull']);
    expect(tokens.requests[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('robot:pass:word').toString('base64')}`);
    expect(server.requests[1]?.headers['authorization']).toBe('Bearer token-1');
  });

  it('shares one token between requests that start together', async () => {
    const { registry, repository, tokens } = await withTokens();

    await Promise.all([1, 2, 3].map(() => registry.hasBlob(repository, digest)));

    expect(tokens.log).toHaveLength(1);
  });

  it('fetches a new token when the old one is about to expire', async () => {
    const { registry, repository, tokens, clock } = await withTokens({ expires_in: 60 });
    await registry.manifest(repository, '1.0');

    clock.time += 55_000;
    await registry.manifest(repository, '1.0');

    expect(tokens.log).toHaveLength(2);
  });

  it('fetches a new token, once, when the registry takes the old one no more', async () => {
    const { registry, repository, state, tokens } = await withTokens();
    await registry.manifest(repository, '1.0');

    state.valid = 'token-2';
    await registry.manifest(repository, '1.0');
    state.valid = 'none';

    await expect(registry.manifest(repository, '1.0')).rejects.toMatchObject({ code: 'denied' });
    expect(tokens.log).toHaveLength(3);
  });

  it('asks for push on the target and pull on the source of a mount with one token, and uses it for the upload as well', async () => {
    const { registry, repository, server, tokens } = await withTokens();

    await registry.putBlob(repository, { digest, bytes: content }, { mountFrom: { ...repository, path: 'shared/agent' } });
    await registry.putManifest(repository, '1.0', { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes: manifest });

    expect(tokens.log).toEqual(['GET /token?service=test&scope=repository%3Ateam%2Fapp%3Apull%2Cpush&scope=repository%3Ashared%2Fagent%3Apull']);
    expect(server.log.at(-1)).toBe('PUT /v2/team/app/manifests/1.0');
  });

  it('asks for what the challenge demands besides what it knows itself', async () => {
    const { registry, repository, state, tokens } = await withTokens();
    state.valid = 'token-2';
    state.scope = 'repository:tenant/team/app:pull';

    await registry.manifest(repository, '1.0');

    expect(tokens.log[1]).toBe('GET /token?service=test&scope=repository%3Ateam%2Fapp%3Apull&scope=repository%3Atenant%2Fteam%2Fapp%3Apull');
  });

  it('says who turned it away when the token server refuses the password, and does not knock again', async () => {
    const { registry, repository, state, tokens } = await withTokens();
    state.refuse = true;

    await expect(registry.manifest(repository, '1.0')).rejects.toMatchObject({ code: 'denied', target: `${repository.registry}/team/app` });
    await expect(registry.manifest(repository, '2.0')).rejects.toThrow(/login at http:\/\/127\.0\.0\.1:\d+ failed: .*HTTP 401/);
    expect(tokens.log).toHaveLength(1);
  });

  it('goes on with the target alone when the token server refuses the source of a mount', async () => {
    const { registry, repository, state, tokens } = await withTokens();
    state.refusedScope = 'shared';

    const outcome = await registry.putBlob(repository, { digest, bytes: content }, { mountFrom: { ...repository, path: 'shared/agent' } });

    expect(outcome).toBe('uploaded');
    expect(tokens.log).toHaveLength(2);
  });

  it('does not send credentials to a token server at a private address of another host', async () => {
    const { registry, repository, tokens } = await withTokens({ realmHost: 'localhost' });

    const read = registry.manifest(repository, '1.0');

    await expect(read).rejects.toMatchObject({ code: 'refused' });
    await expect(read).rejects.toThrow(/localhost.*private address/);
    expect(tokens.log).toEqual([]);
  });
});

describe('where a registry sends us', () => {
  it('follows a redirect of a blob without the credentials', async () => {
    const store = await serve(() => ({ body: content }));
    const server = await serve((request) =>
      request.url === '/v2/' ? askBasic : { status: 307, headers: { location: `http://127.0.0.1:${store.port}/blob?signed=1` } },
    );
    const registry = open(server, { auth: 'env:LOGIN' });

    const bytes = await read(registry, server);

    expect(bytes).toEqual(content);
    expect(server.requests[1]?.headers['authorization']).toMatch(/^Basic /);
    expect(store.requests[0]?.headers['authorization']).toBeUndefined();
  });

  it('refuses a redirect to a private address of another host', async () => {
    const server = await serve(() => ({ status: 307, headers: { location: 'http://169.254.169.254/latest/meta-data' } }));

    await expect(read(open(server), server)).rejects.toMatchObject({ code: 'refused', target: `${server.host}/team/app@${digest}` });
  });

  it('gives up on redirects that never end', async () => {
    const server = await serve((request) => (request.url === '/v2/' ? {} : { status: 302, headers: { location: `${request.url}x` } }));

    await expect(read(open(server), server)).rejects.toMatchObject({ code: 'refused' });
    expect(server.log).toHaveLength(7);
  });

  it('refuses an upload location at a private address of another host', async () => {
    const server = await serve((request) => (request.method === 'POST' ? { status: 202, headers: { location: 'http://10.0.0.1/upload' } } : { status: 404 }));

    await expect(put(open(server), server)).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a registry that is slow or fails', () => {
  it('waits as long as the registry asks, for this host only', async () => {
    let calls = 0;
    const server = await serve(() => ((calls += 1) === 2 ? { status: 429, headers: { 'retry-after': '7' } } : { body: manifest }));
    const clock = testClock();

    await open(server, {}, clock).manifest(repositoryOf(server), '1.0');

    expect(server.log).toHaveLength(3);
    expect(clock.slept).toHaveLength(1);
    expect(clock.slept[0]).toBeGreaterThanOrEqual(7000);
    expect(clock.slept[0]).toBeLessThan(7500);
  });

  it('gives up when it is asked to wait for longer than a minute, and passes on how long', async () => {
    const server = await serve(() => ({ status: 429, headers: { 'retry-after': '3600' } }));

    const read = open(server).manifest(repositoryOf(server), '1.0');

    await expect(read).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 3_600_000, retryable: true });
  });

  it('reads again after a server error, three times in all', async () => {
    const server = await serve((request) => (request.url === '/v2/' ? {} : { status: 503, body: 'down for maintenance' }));

    const read = open(server).manifest(repositoryOf(server), '1.0');

    await expect(read).rejects.toMatchObject({ code: 'unreachable' });
    await expect(read).rejects.toThrow(/down for maintenance \(HTTP 503/);
    expect(server.log).toHaveLength(4);
  });

  it('goes on where a blob was cut', async () => {
    const server = await serve((request) => {
      if (request.url === '/v2/') return {};
      const from = Number(/bytes=(\d+)-/.exec(request.headers['range'] ?? '')?.[1] ?? 0);
      return from === 0 ? { body: content.subarray(0, 4), length: content.length } : { status: 206, body: content.subarray(from) };
    });

    const bytes = await read(open(server), server);

    expect(bytes).toEqual(content);
    expect(server.requests[2]?.headers['range']).toBe('bytes=4-');
  });

  it('starts at most as many requests per second as the policy says', async () => {
    const server = await serve(() => ({ status: 404 }));
    const clock = testClock();
    const registry = open(server, { rate: 4 }, clock);

    for (let count = 0; count < 4; count += 1) await registry.hasBlob(repositoryOf(server), digest);

    expect(clock.slept).toEqual([250, 250, 250, 250]);
  });

  it('has at most four requests open at a host', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const server = await serve(async (request) => {
      if (request.url === '/v2/') return {};
      await new Promise<void>((answer) => {
        waiting.push(answer);
        most = Math.max(most, waiting.length);
        // Answered a moment after the fourth has come, so that a fifth would be seen.
        if (waiting.length === 4) setTimeout(() => waiting.splice(0).forEach((each) => each()), 20);
      });
      return { status: 404 };
    });
    const registry = open(server);

    await Promise.all(Array.from({ length: 20 }, () => registry.hasBlob(repositoryOf(server), digest)));

    expect(most).toBe(4);
  });
});

describe('uploads', () => {
  it('sends a blob with its length to the location it was given, query kept', async () => {
    const server = await serve((request) => {
      if (request.method === 'HEAD') return { status: 404 };
      return request.method === 'POST' ? { status: 202, headers: { location: '/upload/1?state=a%2Fb' } } : { status: 201 };
    });

    const outcome = await put(open(server), server);

    expect(outcome).toBe('uploaded');
    expect(server.log.at(-1)).toBe(`PUT /upload/1?state=a%2Fb&digest=${encodeURIComponent(digest)}`);
    expect(server.requests.at(-1)?.headers['content-length']).toBe(String(content.length));
    expect(server.bodies.at(-1)).toEqual(content);
  });

  it('uses the session that a refused mount opens', async () => {
    const server = await serve((request) => (request.method === 'POST' ? { status: 202, headers: { location: '/upload/1' } } : { status: 201 }));

    const outcome = await put(open(server), server, 'shared/agent');

    expect(outcome).toBe('uploaded');
    expect(server.log.slice(1)).toEqual([
      `POST /v2/team/app/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=shared%2Fagent`,
      `PUT /upload/1?digest=${encodeURIComponent(digest)}`,
    ]);
  });

  it('uploads when a mount fails altogether', async () => {
    const server = await serve((request) => {
      if (request.url?.includes('mount=')) return { status: 403, body: '{"errors":[{"code":"DENIED"}]}' };
      return request.method === 'POST' ? { status: 202, headers: { location: '/upload/1' } } : { status: request.method === 'PUT' ? 201 : 404 };
    });

    expect(await put(open(server), server, 'shared/agent')).toBe('uploaded');
  });

  it('asks for a large blob before it sends it after a refused mount, and gives the session back', async () => {
    const bytes = Buffer.alloc(100_000, 'x');
    const server = await serve((request) => (request.method === 'POST' ? { status: 202, headers: { location: '/upload/1' } } : { status: 200 }));
    const repository = repositoryOf(server);

    const outcome = await open(server).putBlob(repository, { digest: sha256Digest(bytes), bytes }, { mountFrom: { ...repository, path: 'shared/agent' } });

    expect(outcome).toBe('existed');
    expect(server.log.at(-1)).toBe('DELETE /upload/1');
  });

  it.each([
    [200, true],
    [404, false],
  ])('gives back the session of a refused mount without bytes, and believes a look-up (HTTP %i)', async (status, expected) => {
    const server = await serve((request) => (request.method === 'POST' ? { status: 202, headers: { location: '/upload/1' } } : { status }));
    const repository = repositoryOf(server);

    const mounted = await open(server).mountBlob(repository, digest, { ...repository, path: 'shared/agent' });

    expect(mounted).toBe(expected);
    expect(server.log.slice(-2)).toEqual(['DELETE /upload/1', `HEAD /v2/team/app/blobs/${digest}`]);
  });

  it('starts an upload again when the registry has forgotten its session', async () => {
    let sessions = 0;
    const server = await serve((request) => {
      if (request.method === 'POST') return { status: 202, headers: { location: `/upload/${(sessions += 1)}` } };
      return { status: request.method === 'PUT' && sessions === 2 ? 201 : 404 };
    });

    expect(await put(open(server), server)).toBe('uploaded');
    expect(sessions).toBe(2);
  });

  it('gives up after three broken uploads', async () => {
    const server = await serve((request) =>
      request.method === 'POST' ? { status: 202, headers: { location: '/upload/1' } } : { status: request.method === 'PUT' ? 500 : 404 },
    );

    await expect(put(open(server), server)).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.log.filter((line) => line.startsWith('PUT'))).toHaveLength(3);
  });

  it.each([
    [400, '{"errors":[{"code":"TAG_INVALID","message":"The tag is immutable"}]}', 'refused', /TAG_INVALID: The tag is immutable/],
    [412, '{"errors":[{"code":"PRECONDITION","message":"configured as immutable"}]}', 'refused', /PRECONDITION: configured as immutable \(HTTP 412/],
    [404, '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}', 'refused', /NAME_UNKNOWN/],
    [403, '{"errors":[{"code":"DENIED","message":"no push"}]}', 'denied', /DENIED: no push/],
    [413, '<html>413 Request Entity Too Large</html>', 'too-large', /failed: \(HTTP 413/],
    [400, `{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":"${digest}"}]}`, 'refused', new RegExp(digest)],
  ])("keeps the registry's own words of an HTTP %i", async (status, body, code, words) => {
    const server = await serve((request) => (request.url === '/v2/' ? {} : { status, body }));
    const repository = repositoryOf(server);

    const write = open(server).putManifest(repository, '1.0', { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes: manifest });

    await expect(write).rejects.toMatchObject({ code, target: `${server.host}/team/app:1.0`, hint: expect.any(String) });
    await expect(write).rejects.toThrow(words);
  });

  it.each([401, 403, 404, 405])('cannot push where the registry answers the start of an upload with HTTP %i', async (status) => {
    const server = await serve((request) => (request.url === '/v2/' ? {} : { status }));

    expect(await open(server).canPush(repositoryOf(server))).toBe(false);
  });

  it('can push although the upload it tried cannot be cancelled', async () => {
    const server = await serve((request) => (request.method === 'POST' ? { status: 202, headers: { location: '/upload/1' } } : { status: 405 }));

    expect(await open(server).canPush(repositoryOf(server))).toBe(true);
    expect(server.log.at(-1)).toBe('DELETE /upload/1');
  });
});

describe('content', () => {
  it('is not believed when it does not hash to its digest', async () => {
    const server = await serve(() => ({ body: 'something else' }));

    await expect(read(open(server), server)).rejects.toThrow(/expected sha256:.*found sha256:/);
    await expect(open(server).manifest(repositoryOf(server), digest)).rejects.toMatchObject({ code: 'refused' });
  });

  it('is bounded', async () => {
    const server = await serve(() => ({ body: Buffer.alloc(4 * 1024 * 1024 + 1) }));

    await expect(open(server).manifest(repositoryOf(server), '1.0')).rejects.toMatchObject({ code: 'too-large' });
    await expect(open(server).config(repositoryOf(server), digest)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('takes the media type from the manifest where the server does not tell', async () => {
    const server = await serve(() => ({ body: '{"mediaType":"application/vnd.oci.image.index.v1+json"}', headers: { 'content-type': 'text/plain' } }));

    expect((await open(server).manifest(repositoryOf(server), '1.0'))?.mediaType).toBe('application/vnd.oci.image.index.v1+json');
  });

  it('is asked for in both families, images and indexes', async () => {
    const server = await serve(() => ({ body: manifest }));

    await open(server).manifest(repositoryOf(server), '1.0');

    expect(server.requests[1]?.headers['accept']?.split(', ')).toHaveLength(4);
  });

  it('with a digest other than sha256 is not supported', async () => {
    const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock: testClock() });

    await expect(registry.hasBlob({ registry: 'registry.example.com', path: 'team/app' }, 'sha512:00')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('settings', () => {
  it('with a Kubernetes Secret are refused, naming the field', () => {
    const settings = { 'registry.example.com': { auth: 'secret:shop/pull' } };

    expect(() => openRegistry({ settings, directory: '/', env: {}, clock: testClock() })).toThrow(/registries\["registry.example.com"\]\.auth/);
  });

  it('say which file cannot be read', async () => {
    const server = await serve(() => ({}));
    const registry = open(server, { ca: './missing.pem', plainHttp: true });

    await expect(registry.manifest(repositoryOf(server), '1.0')).rejects.toMatchObject({ code: 'invalid-file', target: '/nonexistent/missing.pem' });
  });

  it('of a variable that is not set name it', async () => {
    const server = await serve(() => askBasic);
    const registry = open(server, { auth: 'env:ABSENT' });

    await expect(registry.manifest(repositoryOf(server), '1.0')).rejects.toMatchObject({
      code: 'usage',
      message: 'the environment variable ABSENT is not set',
    });
  });
});

interface Reply {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Buffer;
  /** Promises this many bytes and cuts the connection after the body. */
  readonly length?: number;
}

interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly log: string[];
  readonly requests: IncomingMessage[];
  readonly bodies: Buffer[];
}

const askBasic: Reply = { status: 401, headers: { 'www-authenticate': 'Basic realm="test"' } };

async function serve(answer: (request: IncomingMessage) => Reply | Promise<Reply>): Promise<TestServer> {
  const log: string[] = [];
  const requests: IncomingMessage[] = [];
  const bodies: Buffer[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    log.push(`${request.method} ${request.url}`);
    requests.push(request);
    bodies.push(Buffer.concat(parts));
    const { status = 200, headers = {}, body = '', length } = await answer(request);
    response.writeHead(status, { ...headers, ...(length === undefined ? {} : { 'content-length': length }) });
    if (length === undefined) response.end(body);
    else response.write(body, () => response.destroy());
  };
  const port = await listen(createServer((request, response) => void handle(request, response)));
  return { host: `127.0.0.1:${port}`, port, log, requests, bodies };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stopped.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

/** A registry that wants tokens, and the server that gives them: `token-1`, `token-2`, … of which `valid` alone is taken. */
async function withTokens(options: { readonly expires_in?: number; readonly realmHost?: string } = {}) {
  const state = { valid: '', scope: '', refuse: false, refusedScope: 'none' };
  const tokens = await serve((request) => {
    if (state.refuse || request.url?.includes(state.refusedScope))
      return { status: 401, body: '{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}' };
    return { body: JSON.stringify({ token: `token-${tokens.log.length}`, ...(options.expires_in ? { expires_in: options.expires_in } : {}) }) };
  });
  const realm = `http://${options.realmHost ?? '127.0.0.1'}:${tokens.port}/token`;
  const server = await serve((request) => {
    const given = request.headers['authorization'] ?? '';
    if (state.valid === '' ? !given.startsWith('Bearer token-') : given !== `Bearer ${state.valid}`) {
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="test"${state.scope === '' ? '' : `,scope="${state.scope}"`}` } };
    }
    if (request.method === 'POST') return { status: 202, headers: { location: '/v2/team/app/blobs/uploads/1' } };
    if (request.method === 'PUT') return { status: 201 };
    return request.method === 'HEAD' ? { status: 404 } : { body: manifest };
  });
  const clock = testClock();
  const registry = open(server, { auth: 'env:LOGIN' }, clock);
  return {
    registry,
    clock,
    repository: repositoryOf(server),
    state,
    server,
    tokens,
  };
}

function testClock() {
  const slept: number[] = [];
  const clock = {
    time: 1_750_000_000_000,
    slept,
    now: () => clock.time,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.time += ms;
    },
  };
  return clock;
}

function open(server: TestServer, settings: RegistrySettings = {}, clock = testClock()): Registry {
  const registry = openRegistry({
    settings: { [server.host]: settings },
    directory: '/nonexistent',
    env: { HOME: '/nonexistent', LOGIN: 'robot:pass:word' },
    clock,
  });
  stopped.unshift(() => registry.close());
  return registry;
}

function repositoryOf(server: TestServer) {
  return { registry: server.host, path: 'team/app' };
}

async function read(registry: Registry, server: TestServer): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of registry.blob(repositoryOf(server), digest)) parts.push(part);
  return Buffer.concat(parts);
}

function put(registry: Registry, server: TestServer, mountFrom?: string): Promise<string> {
  const repository = repositoryOf(server);
  return registry.putBlob(repository, { digest, bytes: content }, mountFrom === undefined ? {} : { mountFrom: { ...repository, path: mountFrom } });
}
