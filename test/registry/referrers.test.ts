import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openClient, standIn, type Asked, type Reply } from './stand-in.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const digest = `sha256:${'a'.repeat(64)}`;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function open(answer: (asked: Asked) => Reply | 'cut') {
  const server = await standIn((asked) => (asked.url === '/v2/' ? {} : answer(asked)));
  const client = openClient();
  stops.push(
    () => client.close(),
    () => server.close(),
  );
  const repository = { registry: server.host, path: 'team/app' };
  return { server, client, repository };
}

function list(...names: readonly string[]): Reply {
  const manifests = names.map((name) => ({ mediaType: 'm', digest: name, size: 1, artifactType: 't' }));
  return { headers: { 'content-type': INDEX }, body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }) };
}

describe('referrers', () => {
  it('are read page by page', async () => {
    const { client, repository, server } = await open(({ url }) =>
      url.includes('page=2')
        ? list('c')
        : { ...list('a', 'b'), headers: { 'content-type': INDEX, link: `</v2/team/app/referrers/${digest}?page=2>; rel="next"` } },
    );

    const found = await client.referrers(repository, digest);

    expect(found.map((each) => each.digest)).toEqual(['a', 'b', 'c']);
    expect(found[0]).toEqual({ digest: 'a', mediaType: 'm', size: 1, artifactType: 't', annotations: {} });
    expect(server.lines().slice(1)).toEqual([`GET /v2/team/app/referrers/${digest}`, `GET /v2/team/app/referrers/${digest}?page=2`]);
  });

  it('end where the pages never do', async () => {
    const { client, repository, server } = await open(({ url }) => ({ ...list('a'), headers: { 'content-type': INDEX, link: `<${url}x>; rel="next"` } }));

    await client.referrers(repository, digest);

    expect(server.lines()).toHaveLength(51);
  });

  it('do not lead to a private address of another host', async () => {
    const { client, repository } = await open(() => ({ ...list('a'), headers: { 'content-type': INDEX, link: '<http://10.0.0.1/v2/x>; rel="next"' } }));

    await expect(client.referrers(repository, digest)).rejects.toMatchObject({ code: 'refused' });
  });

  it.each([
    ['a registry without the API', { status: 404, body: '404 page not found' }],
    ['a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ])('are taken from the tag that stands in for %s', async (_, none) => {
    const { client, repository, server } = await open(({ url }) => (url.includes('/referrers/') ? none : list('tagged')));

    const found = await client.referrers(repository, digest);

    expect(found.map((each) => each.digest)).toEqual(['tagged']);
    expect(server.lines().at(-1)).toBe(`GET /v2/team/app/manifests/sha256-${'a'.repeat(64)}`);
  });

  it('of a sha512 digest are under its first 64 digits', async () => {
    const { client, repository, server } = await open(() => ({ status: 404 }));

    const found = await client.referrers(repository, `sha512:${'b'.repeat(128)}`);

    expect(found).toEqual([]);
    expect(server.lines().at(-1)).toBe(`GET /v2/team/app/manifests/sha512-${'b'.repeat(64)}`);
  });

  it('that are no list are refused', async () => {
    const { client, repository } = await open(() => ({ headers: { 'content-type': INDEX }, body: '{"manifests":[{"digest":1}]}' }));

    await expect(client.referrers(repository, digest)).rejects.toThrow(/is not an image index/);
  });
});

describe('sha512', () => {
  const content = Buffer.from('{"schemaVersion":2}');
  const sha512 = `sha512:${createHash('sha512').update(content).digest('hex')}`;

  it('is verified as sha256 is, on manifests and blobs', async () => {
    const { client, repository } = await open(() => ({ body: content }));
    const other = `sha512:${'c'.repeat(128)}`;

    expect((await client.manifest(repository, sha512))?.digest).toBe(sha512);
    expect(await client.config(repository, sha512)).toEqual(content);
    await expect(client.manifest(repository, other)).rejects.toMatchObject({ code: 'refused' });
    await expect(client.config(repository, other)).rejects.toThrow(/expected sha512:ccc.*found sha512:/);
  });

  it('that a server states for a tag is verified', async () => {
    const { client, repository } = await open(({ url }) => ({
      body: content,
      headers: { 'docker-content-digest': url.endsWith('/good') ? sha512 : `sha512:${'c'.repeat(128)}` },
    }));

    expect((await client.manifest(repository, 'good'))?.digest).toMatch(/^sha256:/);
    await expect(client.manifest(repository, 'bad')).rejects.toMatchObject({ code: 'refused' });
  });

  it.each(['sha256:abc', 'md5:00', 'sha384:00', `sha512:${'a'.repeat(64)}`])('is the longest digest we verify: %s is not supported', async (unknown) => {
    const { client, repository } = await open(() => ({ body: content }));

    await expect(client.hasBlob(repository, unknown)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(client.manifest(repository, unknown)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(client.referrers(repository, unknown)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
