import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../core/image/digest.ts';
import { openSimulatedRegistry, type SimulatedRegistry } from '../simulated/simulated-registry.ts';
import { rememberConfigs } from './remember-configs.ts';

const repository = { registry: 'registry.example.com', path: 'shop/orders' };
const bytes = new TextEncoder().encode('{"os":"linux"}');
const digest = sha256Digest(bytes);

describe('remembered configs', () => {
  let registry: SimulatedRegistry;
  let entries: Map<string, Uint8Array>;
  let config: SimulatedRegistry['config'];

  beforeEach(async () => {
    registry = openSimulatedRegistry();
    entries = new Map();
    config = rememberConfigs(registry, { get: async (key) => entries.get(key), put: async (key, value) => void entries.set(key, value) });
    await registry.putBlob(repository, { digest, bytes });
  });

  it('are asked for once, wherever they are', async () => {
    const before = registry.traffic().requests;

    const first = await config(repository, digest);
    const second = await config({ ...repository, path: 'shop/cart' }, digest);

    expect([first, second].map((each) => Buffer.from(each).toString())).toEqual(['{"os":"linux"}', '{"os":"linux"}']);
    expect(registry.traffic().requests).toBe(before + 1);
  });

  it('are read anew where what is remembered is not what its digest says', async () => {
    await config(repository, digest);
    for (const key of entries.keys()) entries.set(key, new TextEncoder().encode('{"os":"other"}'));

    expect(Buffer.from(await config(repository, digest)).toString()).toBe('{"os":"linux"}');
    expect(Buffer.from([...entries.values()][0] ?? []).toString()).toBe('{"os":"linux"}');
  });

  it('are not remembered when they cannot be read', async () => {
    registry.collect(repository, digest);

    await expect(config(repository, digest)).rejects.toMatchObject({ code: 'not-found' });

    expect(entries.size).toBe(0);
  });
});
