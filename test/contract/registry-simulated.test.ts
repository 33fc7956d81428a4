import { describe, expect, it } from 'vitest';
import { serveRegistry } from '../../src/adapters/simulated/registry-server.ts';
import { openSimulatedRegistry } from '../../src/adapters/simulated/simulated-registry.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { openClient } from '../registry/stand-in.ts';
import { freePort } from './registry-program.ts';
import { registryContract } from './registry-contract.ts';

registryContract('simulated', async () => {
  const registry = openSimulatedRegistry({ unreachable: ['dead.example.com'] });
  return { registry, host: 'registry.example.com', otherHost: 'other.example.com', deadHost: 'dead.example.com', close: () => registry.close() };
});

registryContract('simulated, over HTTP', async () => {
  const server = await serveRegistry();
  const other = await serveRegistry();
  const registry = openClient();
  return {
    registry,
    host: server.host,
    otherHost: other.host,
    deadHost: `127.0.0.1:${await freePort()}`,
    async close() {
      await registry.close();
      await server.close();
      await other.close();
    },
  };
});

describe('faults of the simulated registry', () => {
  const repository = { registry: 'registry.example.com', path: 'team/app' };
  const blob = { digest: sha256Digest('content'), bytes: Buffer.from('content') };

  it('denies pushing to a place, and only there', async () => {
    const registry = openSimulatedRegistry({ pushDenied: ['registry.example.com/team/app'] });

    const other = { ...repository, path: 'team/other' };

    expect(await registry.canPush(repository)).toBe(false);
    expect(await registry.canPush(other)).toBe(true);
    await expect(registry.putBlob(repository, blob)).rejects.toMatchObject({ code: 'denied' });
  });

  it('loses an image by tag or by digest', async () => {
    const registry = openSimulatedRegistry();
    const bytes = Buffer.from('{}');
    await registry.putManifest(repository, '1.0', { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes });

    registry.faults = { missing: [`registry.example.com/team/app@${sha256Digest(bytes)}`] };

    expect(await registry.manifest(repository, '1.0')).toBeUndefined();
  });

  it('refuses mounts and denies pulls', async () => {
    const source = { ...repository, path: 'team/source' };
    const registry = openSimulatedRegistry({ mountRefused: ['registry.example.com'] });
    await registry.putBlob(source, blob);

    const outcome = await registry.putBlob(repository, blob, { mountFrom: source });
    registry.faults = { pullDenied: ['registry.example.com'] };

    expect(outcome).toBe('uploaded');
    await expect(registry.hasBlob(repository, blob.digest)).rejects.toMatchObject({ code: 'denied' });
  });
});
