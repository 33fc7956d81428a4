import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveRegistry, type RegistryServer } from '../../src/adapters/simulated/registry-server.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { openFaultProxy, type Fault, type FaultProxy, type Passing } from './fault-proxy.ts';
import { openClient } from './stand-in.ts';

const bytes = Buffer.alloc(
  9 * 1024 * 1024,
  Uint8Array.from({ length: 251 }, (_, index) => index),
);
const digest = sha256Digest(bytes);

describe('a broken upload', () => {
  let backend: RegistryServer;
  let proxy: FaultProxy;
  let client: Registry;
  beforeEach(async () => {
    backend = await serveRegistry();
    proxy = await openFaultProxy(backend.host);
    client = openClient();
  });
  afterEach(async () => {
    await client.close();
    await proxy.close();
    await backend.close();
  });

  const put = (): Promise<string> => client.putBlob({ registry: proxy.host, path: 'team/app' }, { digest, bytes });
  const stored = (): boolean => backend.store.repository(`${backend.host}/team/app`).blobs.has(digest);
  const sent = (): readonly string[] =>
    proxy.passed
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, url, headers }) => `${method} ${headers['content-range'] ?? (url === '/v2/' ? 'v2' : '')}`.trim());

  /** Spoils the large requests of the given numbers. */
  function spoil(fault: Fault, ...numbers: readonly number[]): void {
    let large = 0;
    proxy.rule = ({ body }) => (body.length > 0 && numbers.includes((large += 1)) ? fault : undefined);
  }

  it('goes on from the bytes that arrived, in pieces', async () => {
    spoil({ kind: 'half' }, 1);

    const outcome = await put();

    const half = bytes.length / 2;
    const piece = 4 * 1024 * 1024;
    expect(outcome).toBe('uploaded');
    expect(stored()).toBe(true);
    expect(sent()).toEqual(['GET v2', 'POST', 'PUT', 'GET', `PATCH ${half}-${half + piece - 1}`, `PATCH ${half + piece}-${bytes.length - 1}`, 'PUT']);
  });

  it('goes on as often as it makes progress', async () => {
    spoil({ kind: 'half' }, 1, 2, 3, 4, 5, 6);

    expect(await put()).toBe('uploaded');
    expect(stored()).toBe(true);
    expect(sent().filter((line) => line === 'POST')).toHaveLength(1);
  });

  it('begins again when the registry has nothing of it', async () => {
    spoil({ kind: 'cut' }, 1);

    expect(await put()).toBe('uploaded');
    expect(sent()).toEqual(['GET v2', 'POST', 'PUT', 'GET', 'POST', 'PUT']);
  });

  it('is not sent again when only the answer was lost', async () => {
    spoil({ kind: 'lost' }, 1);

    expect(await put()).toBe('uploaded');
    expect(sent()).toEqual(['GET v2', 'POST', 'PUT', 'GET']);
  });

  it('asks where it stands when a piece does not fit', async () => {
    let pieces = 0;
    proxy.rule = ({ method, body }: Passing): Fault | undefined => {
      if (method === 'PUT' && body.length > 0) return { kind: 'half' };
      return method === 'PATCH' && (pieces += 1) === 1 ? { kind: 'answer', status: 416 } : undefined;
    };

    expect(await put()).toBe('uploaded');
    expect(sent().filter((line) => line === 'GET')).toHaveLength(2);
  });

  it('begins again, whole, when the registry put the pieces together wrongly', async () => {
    let puts = 0;
    proxy.rule = ({ method }: Passing): Fault | undefined => {
      if (method !== 'PUT') return undefined;
      puts += 1;
      if (puts === 1) return { kind: 'half' };
      return puts === 2 ? { kind: 'answer', status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' } : undefined;
    };

    expect(await put()).toBe('uploaded');
    expect(sent().slice(-2)).toEqual(['POST', 'PUT']);
  });

  it('sends pieces no smaller than the registry wants them', async () => {
    const least = 5 * 1024 * 1024;
    let puts = 0;
    proxy.rule = ({ method }: Passing): Fault | undefined => {
      if (method === 'POST') return { kind: 'change', change: (real) => ({ ...real, headers: { ...real.headers, 'oci-chunk-min-length': String(least) } }) };
      return method === 'PUT' && (puts += 1) === 1 ? { kind: 'half' } : undefined;
    };

    await put();

    expect(proxy.passed.filter(({ method }) => method === 'PATCH').map(({ body }) => body.length)).toEqual([bytes.length / 2]);
  });

  it('fails with what the registry said after three attempts without progress', async () => {
    proxy.rule = ({ method }) =>
      method === 'PUT' ? { kind: 'answer', status: 500, body: '{"errors":[{"code":"UNKNOWN","message":"disk full"}]}' } : undefined;

    await expect(put()).rejects.toThrow(/UNKNOWN: disk full \(HTTP 500/);
    expect(sent().filter((line) => line === 'PUT')).toHaveLength(3);
    expect(stored()).toBe(false);
  });
});
