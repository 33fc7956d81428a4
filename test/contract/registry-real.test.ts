import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { freePort, isInstalled, OPENSSL, PROGRAM, startRegistry, type RegistryForm } from './registry-program.ts';
import { registryContract, type RegistryUnderTest } from './registry-contract.ts';

const LOGIN = 'tester:s3cret:with:colons';
const clock = { now: () => Date.now(), sleep: (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, { signal }) };
const required = process.env['CHANGEOVER_LAB'] === 'required';

if (isInstalled(PROGRAM)) {
  registryContract('docker-registry', () => openTested({}));
  registryContract('docker-registry with a password', () => openTested({ login: true }));

  describe('docker-registry with a password', () => {
    it('turns away a wrong password, saying what to do', async () => {
      const server = await startRegistry({ login: true });
      const registry = openWith({ [server.host]: { auth: 'env:LOGIN' } }, 'tester:wrong');
      const repository = { registry: server.host, path: 'team/app' };

      const read = registry.manifest(repository, '1.0');

      await expect(read).rejects.toMatchObject({ code: 'denied', target: `${server.host}/team/app:1.0`, hint: expect.stringContaining('docker login') });
      await expect(read).rejects.toThrow(/UNAUTHORIZED.*HTTP 401/);
      expect(await registry.canPush(repository)).toBe(false);
      await registry.close();
      await server.stop();
    });
  });

  describe.skipIf(!isInstalled(OPENSSL))('docker-registry behind TLS', () => {
    it('is trusted with the CA of its own settings alone, and asked with the client certificate they name', async () => {
      const server = await startRegistry({ tls: true });
      const repository = { registry: server.host, path: 'team/app' };
      const client = { cert: join(server.folder, 'tls.crt'), key: join(server.folder, 'tls.key') };
      const ca = join(server.folder, 'tls.crt');

      const trusted = openWith({ [server.host]: { ca, ...client } });
      const untrusted = openWith({ [server.host]: client, 'other.example.com': { ca } });
      const unknown = openWith({ [server.host]: { ca } });

      expect(await trusted.manifest(repository, 'absent')).toBeUndefined();
      await expect(untrusted.manifest(repository, 'absent')).rejects.toMatchObject({
        code: 'unreachable',
        retryable: false,
        hint: expect.stringContaining('ca: ./ca.pem'),
      });
      await expect(unknown.manifest(repository, 'absent')).rejects.toMatchObject({ code: 'unreachable' });
      for (const registry of [trusted, untrusted, unknown]) await registry.close();
      await server.stop();
    });

    it('says how to name plain HTTP when the registry does not speak TLS', async () => {
      const server = await startRegistry({});
      const registry = openWith({ [server.host]: { plainHttp: false } });

      const read = registry.manifest({ registry: server.host, path: 'team/app' }, 'absent');

      await expect(read).rejects.toMatchObject({ code: 'unreachable', hint: expect.stringContaining('plainHttp: true') });
      await registry.close();
      await server.stop();
    });
  });
} else {
  describe('docker-registry', () => {
    it.skipIf(!required)(`needs the program ${PROGRAM} (Debian package docker-registry), which is not installed`, () => {
      expect.fail(`install ${PROGRAM}, or unset CHANGEOVER_LAB`);
    });
  });
}

async function openTested(form: RegistryForm): Promise<RegistryUnderTest> {
  const server = await startRegistry(form);
  const other = await startRegistry(form);
  const login = { auth: 'env:LOGIN' } as const;
  const registry = form.login ? openWith({ [server.host]: login, [other.host]: login }, LOGIN) : openWith({});
  return {
    registry,
    host: server.host,
    otherHost: other.host,
    deadHost: `127.0.0.1:${await freePort()}`,
    async close() {
      await registry.close();
      await server.stop();
      await other.stop();
    },
  };
}

function openWith(settings: Policy['registries'], login?: string): Registry {
  return openRegistry({ settings, directory: '/', env: { HOME: '/nonexistent', LOGIN: login }, clock });
}
