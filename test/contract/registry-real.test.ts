import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { registryContract, type RegistryUnderTest } from './registry-contract.ts';

const PROGRAM = 'docker-registry';
const LOGIN = 'tester:s3cret:with:colons';
/** bcrypt of the password above, cost 5. */
const HTPASSWD = 'tester:$2y$05$abcdefghijklmnopqrstuu4Q8xTrgjpfgc6JAW05bPlTJQ8JfbGq6\n';
const clock = { now: () => Date.now(), sleep: (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, { signal }) };
const required = process.env['CHANGEOVER_LAB'] === 'required';

if (isInstalled()) {
  registryContract('docker-registry', () => openTested({ login: false }));
  registryContract('docker-registry with a password', () => openTested({ login: true }));

  describe('docker-registry with a password', () => {
    it('turns away a wrong password, saying what to do', async () => {
      const server = await startRegistry({ login: true });
      const registry = openWith(server.host, 'tester:wrong');
      const repository = { registry: server.host, path: 'team/app' };

      const read = registry.manifest(repository, '1.0');

      await expect(read).rejects.toMatchObject({ code: 'denied', target: `${server.host}/team/app:1.0`, hint: expect.stringContaining('docker login') });
      await expect(read).rejects.toThrow(/UNAUTHORIZED.*HTTP 401/);
      expect(await registry.canPush(repository)).toBe(false);
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

async function openTested(options: { readonly login: boolean }): Promise<RegistryUnderTest> {
  const server = await startRegistry(options);
  const registry = openWith(server.host, options.login ? LOGIN : undefined);
  return {
    registry,
    host: server.host,
    deadHost: `127.0.0.1:${await freePort()}`,
    async close() {
      await registry.close();
      await server.stop();
    },
  };
}

function openWith(host: string, login: string | undefined): Registry {
  const settings = login === undefined ? {} : { [host]: { auth: 'env:LOGIN' } };
  return openRegistry({ settings, directory: tmpdir(), env: { HOME: '/nonexistent', LOGIN: login }, clock });
}

/** Starts the program with storage in memory on a free port of this machine. */
async function startRegistry({ login }: { readonly login: boolean }): Promise<{ readonly host: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { inmemory: {} },
    http: { addr: host, secret: 'for-tests' },
    ...(login ? { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } } : {}),
  };
  writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const child = spawn(PROGRAM, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  try {
    await waitForAnswer(host);
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    host,
    async stop() {
      child.kill();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

async function waitForAnswer(host: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetch(`http://${host}/v2/`);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await setTimeout(100);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isInstalled(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, PROGRAM), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
