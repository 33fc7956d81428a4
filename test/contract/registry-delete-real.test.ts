import { describe, expect, it } from 'vitest';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { mediaTypes } from '../../src/core/image/media-types.ts';
import { isInstalled, PROGRAM, startRegistry } from './registry-program.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const empty = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [] }));

describe.skipIf(!isInstalled(PROGRAM))('tags and deletion in docker-registry', () => {
  it.each([true, false])('deletes a manifest with its tags where that is switched on: %s', async (deletes) => {
    const server = await startRegistry({ deletes });
    const registry = openRegistry({ settings: {}, directory: '/', env: {}, clock });
    const repository = { registry: server.host, path: 'shop/orders' };
    try {
      for (const tag of ['1', '2']) await registry.putManifest(repository, tag, { mediaType: mediaTypes.oci.index, bytes: empty });

      const before = await registry.tags(repository);
      const deleted = await registry.deleteManifest(repository, sha256Digest(empty)).catch((error: unknown) => error);

      expect([...(before ?? [])].sort()).toEqual(['1', '2']);
      expect(await registry.tags({ ...repository, path: 'shop/nobody' })).toBeUndefined();
      if (deletes) {
        expect(deleted).toBe(true);
        expect(await registry.manifest(repository, '1')).toBeUndefined();
        expect(await registry.deleteManifest(repository, sha256Digest(empty))).toBe(false);
      } else {
        expect(deleted).toMatchObject({ code: 'refused' });
        expect(await registry.manifest(repository, '1')).toBeDefined();
      }
    } finally {
      await registry.close();
      await server.stop();
    }
  });
});
