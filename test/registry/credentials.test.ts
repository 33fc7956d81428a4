import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { PullSecret, SecretName } from '../../src/adapters/registry/pull-secrets.ts';
import { basic, openClient, standIn, type Asked, type ClientOptions, type Reply, type StandIn } from './stand-in.ts';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('several credentials', () => {
  it.each([401, 403])('take their turns until one is not answered with HTTP %i, which is then used at once', async (status) => {
    const server = await serve(guardedBy([basic('good:login')], status));
    const client = open(server, { auths: { [`${server.host}/team`]: { auth: encode('wrong:login') }, [server.host]: { auth: encode('good:login') } } });

    const found = await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');
    await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    expect(found).toBeDefined();
    expect(server.asked.slice(1).map(({ headers }) => headers.authorization)).toEqual([basic('wrong:login'), basic('good:login'), basic('good:login')]);
  });

  it('are all tried, once each, before a denial is final', async () => {
    const server = await serve(guardedBy([], 401));
    const auths = { [`${server.host}/team/app`]: 'one:x', [`${server.host}/team`]: 'two:x', [server.host]: 'one:x' };
    const client = open(server, { auths: Object.fromEntries(Object.entries(auths).map(([key, login]) => [key, { auth: encode(login) }])) });

    await expect(client.manifest({ registry: server.host, path: 'team/app' }, '1.0')).rejects.toMatchObject({ code: 'denied' });

    expect(server.asked.slice(1).map(({ headers }) => headers.authorization)).toEqual([basic('one:x'), basic('two:x')]);
  });

  it('start again with the one that was right for this repository, and go on to the others from there', async () => {
    let right = basic('two:x');
    const server = await serve((asked) => guardedBy([right], 401)(asked));
    const client = open(server, { auths: { [`${server.host}/team`]: { auth: encode('one:x') }, [server.host]: { auth: encode('two:x') } } });
    await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    right = basic('one:x');
    await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    expect(server.asked.slice(1).map(({ headers }) => headers.authorization)).toEqual(['one:x', 'two:x', 'two:x', 'one:x'].map(basic));
  });

  it.each([400, 401, 403])('take their turns at the token server as well (HTTP %i)', async (status) => {
    const tokens = await serve(({ headers }) => (headers.authorization === basic('good:login') ? { body: '{"token":"t"}' } : { status, body: '{}' }));
    const server = await serve(({ headers }) =>
      headers.authorization === 'Bearer t'
        ? { body: '{}' }
        : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${tokens.host}/token",service="s"` } },
    );
    const client = open(server, { auths: { [`${server.host}/team`]: { auth: encode('wrong:login') }, [server.host]: { auth: encode('good:login') } } });

    const found = await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    expect(found).toBeDefined();
    expect(tokens.asked.map(({ headers }) => headers.authorization)).toEqual([basic('wrong:login'), basic('good:login')]);
  });

  it('get a token of their own each: a token that is too narrow is not asked for again under another login', async () => {
    const tokens = await serve(({ headers }) => ({ body: JSON.stringify({ token: headers.authorization === basic('good:login') ? 'wide' : 'narrow' }) }));
    const server = await serve(({ headers, url }) => {
      if (headers.authorization === 'Bearer wide') return { body: '{}' };
      const challenge = { 'www-authenticate': `Bearer realm="http://${tokens.host}/token",service="s"` };
      return url === '/v2/' ? { status: 401, headers: challenge } : { status: 403, body: '{"errors":[{"code":"DENIED"}]}' };
    });
    const client = open(server, { auths: { [`${server.host}/team`]: { auth: encode('weak:login') }, [server.host]: { auth: encode('good:login') } } });

    await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');
    await client.manifest({ registry: server.host, path: 'team/app' }, '2.0');

    expect(tokens.asked).toHaveLength(2);
    expect(server.lines()).toHaveLength(4);
  });
});

describe('credentials in Kubernetes Secrets', () => {
  const secrets: { readonly [name: string]: PullSecret } = {
    new: { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': encode(JSON.stringify({ auths: { '127.0.0.*': {} } })) } },
  };

  it.each([
    ['kubernetes.io/dockerconfigjson', '.dockerconfigjson', (auths: object) => ({ auths })],
    ['kubernetes.io/dockercfg', '.dockercfg', (auths: object) => auths],
  ])('are read from a Secret of type %s that registries[HOST].auth names, once', async (type, key, form) => {
    const server = await serve(guardedBy([basic('robot:x')], 401));
    const data = { [key]: encode(JSON.stringify(form({ [`https://${server.host}`]: { username: 'robot', password: 'x' } }))) };
    const read = reader({ 'shop/pull': { type, data } });
    const client = close(openClient({ settings: { [server.host]: { auth: 'secret:shop/pull' } }, secrets: { read } }));

    await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');
    await client.manifest({ registry: server.host, path: 'team/other' }, '1.0');

    expect(read.asked).toEqual(['shop/pull']);
  });

  it('are all tried in the order of the pod, missing and broken ones passed over', async () => {
    const server = await serve(guardedBy([basic('right:x')], 401));
    const secretOf = (login: string): PullSecret => ({
      data: { '.dockerconfigjson': encode(JSON.stringify({ auths: { [server.host]: { auth: encode(login) } } })) },
    });
    const read = reader({
      'shop/wrong': secretOf('wrong:x'),
      'shop/broken': { data: { '.dockerconfigjson': encode('{') } },
      'shop/right': secretOf('right:x'),
    });
    const names = ['absent', 'broken', 'wrong', 'right'].map((name) => ({ namespace: 'shop', name }));
    const client = close(openClient({ settings: { [server.host]: { auth: 'env:IGNORED' } }, secrets: { read, names } }));

    const found = await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    expect(found).toBeDefined();
    expect(server.asked.slice(1).map(({ headers }) => headers.authorization)).toEqual([basic('wrong:x'), basic('right:x')]);
  });

  it.each([
    [undefined, /the Secret shop\/pull .* does not exist/],
    [{ type: 'Opaque', data: { password: encode('hunter2') } }, /is not of type kubernetes.io\/dockerconfigjson/],
    [{ data: { '.dockerconfigjson': encode('hunter2') } }, /not a registry credentials file/],
  ])('say what is wrong with a Secret the policy names', async (secret, words) => {
    const server = await serve(guardedBy([], 401));
    const read = reader(secret ? { 'shop/pull': secret } : {});
    const client = close(openClient({ settings: { [server.host]: { auth: 'secret:shop/pull' } }, secrets: { read } }));

    const attempt = client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    await expect(attempt).rejects.toMatchObject({ target: 'shop/Secret/pull' });
    await expect(attempt).rejects.toThrow(words);
    await expect(attempt).rejects.not.toThrow(/hunter2/);
  });

  it('are asked for again when what they said is refused, in case they were renewed', async () => {
    let login = 'old:x';
    const server = await serve((asked) => guardedBy([basic('new:x')], 401)(asked));
    const read = async (): Promise<PullSecret> => {
      const data = { '.dockerconfigjson': encode(JSON.stringify({ auths: { [server.host]: { auth: encode(login) } } })) };
      login = 'new:x';
      return { data };
    };
    const client = close(openClient({ settings: { [server.host]: { auth: 'secret:shop/pull' } }, secrets: { read } }));

    const found = await client.manifest({ registry: server.host, path: 'team/app' }, '1.0');

    expect(found).toBeDefined();
    expect(server.asked.slice(1).map(({ headers }) => headers.authorization)).toEqual([basic('old:x'), basic('new:x')]);
  });

  it('need a cluster at hand', () => {
    expect(() => openClient({ settings: { 'r.test': { auth: 'secret:shop/pull' } } })).toThrow(/registries\["r.test"\]\.auth names a Kubernetes Secret/);
    expect(() => openClient({ settings: { 'r.test': { auth: 'secret:pull' } }, secrets: { read: reader(secrets) } })).toThrow(/is "secret:pull"/);
  });
});

/** Answers a manifest to those who show one of the headers. */
function guardedBy(good: readonly string[], status: number): (asked: Asked) => Reply {
  return ({ url, headers }) => {
    if (good.includes(headers.authorization ?? '')) return { body: '{}' };
    return { status: url === '/v2/' ? 401 : status, headers: { 'www-authenticate': 'Basic realm="test"' } };
  };
}

async function serve(answer: (asked: Asked) => Reply): Promise<StandIn> {
  const server = await standIn(answer);
  stops.push(() => server.close());
  return server;
}

function open(server: StandIn, dockerConfig: object) {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-docker-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(dockerConfig));
  stops.push(() => rmSync(folder, { recursive: true }));
  return close(openClient({ settings: { [server.host]: {} }, env: { DOCKER_CONFIG: folder } } satisfies ClientOptions));
}

function close<T extends { close(): Promise<void> }>(client: T): T {
  stops.unshift(() => client.close());
  return client;
}

function reader(secrets: { readonly [name: string]: PullSecret }) {
  const asked: string[] = [];
  const read = async ({ namespace, name }: SecretName): Promise<PullSecret | undefined> => {
    asked.push(`${namespace}/${name}`);
    return secrets[`${namespace}/${name}`];
  };
  return Object.assign(read, { asked });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
