import { afterEach, describe, expect, it } from 'vitest';
import { rememberAbilities } from '../../src/adapters/registry/remember-abilities.ts';
import { openSimulatedRegistry } from '../../src/adapters/simulated/simulated-registry.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import type { RegistryAbilities } from '../../src/ports/registry.ts';
import { basic, hastyClock, openClient, standIn, type Asked, type Reply, type StandIn } from './stand-in.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function probe(answer: (asked: Asked) => Reply, mount = false): Promise<{ readonly server: StandIn; readonly abilities: RegistryAbilities }> {
  const server = await standIn(answer);
  const client = openClient({ settings: { [server.host]: { auth: 'env:LOGIN' } }, env: { LOGIN: 'robot:x' } });
  stops.push(
    () => client.close(),
    () => server.close(),
  );
  const repository = { registry: server.host, path: 'team/app' };
  const options = mount ? { mount: { from: { ...repository, path: 'team/home' }, digest: sha256Digest('x') } } : {};
  return { server, abilities: await client.probe(repository, options) };
}

/** A registry that can do everything; `answers` go before. */
function able(answers: { readonly [start: string]: Reply } = {}): (asked: Asked) => Reply {
  return ({ method, url }) => {
    const known = Object.entries(answers).find(([start]) => `${method} ${url}`.startsWith(start));
    if (known) return known[1];
    if (url.startsWith('/api/')) return { status: 404 };
    if (url === '/v2/') return {};
    if (url.includes('mount=')) return { status: 201 };
    if (method === 'POST') return { status: 202, headers: { location: '/v2/team/app/blobs/uploads/1' } };
    if (method === 'PATCH') return { status: 202 };
    return { status: method === 'DELETE' && url.includes('/uploads/') ? 204 : method === 'DELETE' ? 404 : 200 };
  };
}

describe('probing a registry', () => {
  it('finds what it can do, and gives its upload session back', async () => {
    const { server, abilities } = await probe(able(), true);

    expect(abilities).toEqual({
      product: '',
      mount: 'yes',
      chunks: 'yes',
      referrers: 'yes',
      delete: 'yes',
      immutableTags: 'unknown',
      retention: 'unknown',
      quota: undefined,
    });
    expect(server.lines().filter((line) => line.includes('/uploads/1'))).toEqual(['PATCH /v2/team/app/blobs/uploads/1', 'DELETE /v2/team/app/blobs/uploads/1']);
    expect(server.lines().some((line) => line.startsWith('PUT'))).toBe(false);
  });

  it('finds what it cannot do', async () => {
    const nothing = { status: 405, body: '{"errors":[{"code":"UNSUPPORTED"}]}' };
    const uploads = 'POST /v2/team/app/blobs/uploads/';
    const { abilities } = await probe(
      able({
        [`${uploads}?mount`]: { status: 202, headers: { location: '/v2/team/app/blobs/uploads/1' } },
        'HEAD /v2/team/app/blobs': { status: 404 },
        PATCH: nothing,
        'GET /v2/team/app/referrers': { status: 404 },
        'DELETE /v2/team/app/manifests': nothing,
      }),
      true,
    );

    expect(abilities).toMatchObject({ mount: 'no', chunks: 'no', referrers: 'no', delete: 'no' });
  });

  it('leaves unknown what it may not ask', async () => {
    const { abilities } = await probe(
      able({ 'POST /v2/team/app': { status: 403 }, 'DELETE /v2/team/app/manifests': { status: 403 }, 'GET /v2/team/app/referrers': { status: 400 } }),
    );

    expect(abilities).toMatchObject({ mount: 'unknown', chunks: 'unknown', referrers: 'unknown', delete: 'no' });
  });

  it('does not take a registry that is down for one that can do nothing', async () => {
    await expect(probe(able({ 'GET /v2/team/app/referrers': { status: 503 } }))).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('probing Harbor', () => {
  const json = (value: unknown): Reply => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
  const harbor = {
    'GET /api/v2.0/systeminfo': json({ auth_mode: 'db_auth', harbor_version: 'v2.11.0' }),
    'GET /api/v2.0/projects/team/immutabletagrules': json([{ disabled: true }, { id: 2 }]),
    'GET /api/v2.0/projects/team': json({ project_id: 7, metadata: { retention_id: '3' } }),
    'GET /api/v2.0/retentions/3': json({ rules: [{ disabled: false }] }),
    'GET /api/v2.0/quotas?reference=project&reference_id=7': json([{ hard: { storage: 1000 }, used: { storage: 900 } }]),
  };

  it('reads the rules of the project, with our login only after it has shown what it is', async () => {
    const { server, abilities } = await probe(able(harbor));

    expect(abilities).toMatchObject({ product: 'Harbor v2.11.0', immutableTags: 'yes', retention: 'yes', quota: { used: 900, limit: 1000 } });
    const api = server.asked.filter(({ url }) => url.startsWith('/api/'));
    expect(api.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'GET', 'GET']);
    expect(api.map(({ headers }) => headers.authorization)).toEqual([undefined, ...Array.from({ length: 4 }, () => basic('robot:x'))]);
  });

  it('knows rules that are switched off, and quotas without a limit', async () => {
    const { abilities } = await probe(
      able({
        'GET /api/v2.0/projects/team/immutabletagrules': json([{ disabled: true }]),
        'GET /api/v2.0/projects/team': json({ project_id: 7, metadata: {} }),
        'GET /api/v2.0/quotas': json([{ hard: { storage: -1 }, used: { storage: 900 } }]),
        'GET /api/v2.0/systeminfo': harbor['GET /api/v2.0/systeminfo'],
      }),
    );

    expect(abilities).toMatchObject({ immutableTags: 'no', retention: 'no', quota: undefined });
  });

  it('leaves unknown what our account may not see', async () => {
    const { abilities } = await probe(able({ 'GET /api/v2.0/systeminfo': harbor['GET /api/v2.0/systeminfo'], 'GET /api/': { status: 403 } }));

    expect(abilities).toMatchObject({ product: 'Harbor v2.11.0', immutableTags: 'unknown', retention: 'unknown', quota: undefined });
  });
});

describe('abilities', () => {
  const repository = { registry: 'registry.example.com', path: 'team/app' };

  function open() {
    const kept = new Map<string, Uint8Array>();
    const clock = hastyClock();
    const registry = openSimulatedRegistry();
    const cache = { get: async (key: string) => kept.get(key), put: async (key: string, bytes: Uint8Array) => void kept.set(key, bytes) };
    return { kept, clock, registry, ask: rememberAbilities({ registry, cache, clock }) };
  }

  it('are remembered for a day, for each repository', async () => {
    const { registry, clock, ask } = open();
    const first = await ask(repository);
    const after = registry.traffic().requests;

    const second = await ask(repository);
    expect(second).toEqual(first);
    expect(registry.traffic().requests).toBe(after);

    await ask({ ...repository, path: 'team/other' });
    const other = registry.traffic().requests;
    expect(other).toBeGreaterThan(after);

    clock.time += 24 * 60 * 60 * 1000;
    await ask(repository);
    expect(registry.traffic().requests).toBeGreaterThan(other);
  });

  it('are asked for again when a mount can be tried now, and when the cache is broken', async () => {
    const { registry, kept, ask } = open();
    await ask(repository);
    const before = registry.traffic().requests;

    const abilities = await ask(repository, { mount: { from: { ...repository, path: 'team/home' }, digest: sha256Digest('x') } });
    const after = registry.traffic().requests;
    for (const key of kept.keys()) kept.set(key, Buffer.from('{"at":'));
    await ask(repository);

    expect(abilities.mount).toBe('no');
    expect(after).toBeGreaterThan(before);
    expect(registry.traffic().requests).toBeGreaterThan(after);
  });
});
