import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256Digest } from '../../src/core/image/digest.ts';
import { openFaultProxy } from '../registry/fault-proxy.ts';
import { pushUnderFaults } from '../registry/push-under-faults.ts';
import { openClient } from '../registry/stand-in.ts';
import { isInstalled, PROGRAM, startRegistry } from './registry-program.ts';

const required = process.env['CHANGEOVER_LAB'] === 'required';

if (isInstalled(PROGRAM)) {
  pushUnderFaults('docker-registry', () => startRegistryOf(), 2);

  describe('an upload to docker-registry', () => {
    it('is started again when it was cut: this registry gives a broken upload up', async () => {
      const bytes = Buffer.alloc(10 * 1024 * 1024, 'cut');
      const digest = sha256Digest(bytes);
      const backend = await startRegistryOf();
      const proxy = await openFaultProxy(backend.host);
      const client = openClient();
      closeAtEnd(client, proxy, backend);
      const repository = { registry: proxy.host, path: 'team/app' };
      let cuts = 0;
      proxy.rule = ({ method, body }) => (body.length > 1024 && (method === 'PUT' || method === 'PATCH') && (cuts += 1) <= 2 ? { kind: 'half' } : undefined);

      const outcome = await client.putBlob(repository, { digest, bytes });

      expect(outcome).toBe('uploaded');
      expect(await client.hasBlob(repository, digest)).toBe(true);
      expect(proxy.passed.filter(({ method, url }) => method === 'POST' && url.endsWith('/uploads/'))).toHaveLength(3);
    });

    it('is probed for what it can do', async () => {
      const backend = await startRegistryOf({ deletes: true });
      const fixed = await startRegistryOf();
      const client = openClient();
      closeAtEnd(client, backend, fixed);
      const blob = { digest: sha256Digest('mounted'), bytes: Buffer.from('mounted') };
      await client.putBlob({ registry: backend.host, path: 'team/home' }, blob);

      const able = await client.probe(
        { registry: backend.host, path: 'team/app' },
        { mount: { from: { registry: backend.host, path: 'team/home' }, digest: blob.digest } },
      );
      const unable = await client.probe({ registry: fixed.host, path: 'team/app' });

      expect(able).toMatchObject({ mount: 'yes', chunks: 'yes', referrers: 'no', delete: 'yes', immutableTags: 'unknown', retention: 'unknown' });
      expect(unable).toMatchObject({ mount: 'unknown', delete: 'no' });
    });
  });
} else {
  describe('docker-registry under faults', () => {
    it.skipIf(!required)(`needs the program ${PROGRAM} (Debian package docker-registry), which is not installed`, () => {
      expect.fail(`install ${PROGRAM}, or unset CHANGEOVER_LAB`);
    });
  });
}

/** However a test ends, no server stays behind. */
function closeAtEnd(...opened: readonly { close(): Promise<void> }[]): void {
  onTestFinished(async () => {
    for (const each of opened) await each.close();
  });
}

async function startRegistryOf(form = {}): Promise<{ readonly host: string; close(): Promise<void> }> {
  const server = await startRegistry(form);
  return { host: server.host, close: () => server.stop() };
}
