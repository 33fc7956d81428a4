import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { registryContract, type RegistryUnderTest } from './registry-contract.ts';

const PROGRAM = 'docker-registry';
const OPENSSL = 'openssl';
const LOGIN = 'tester:s3cret:with:colons';
/** bcrypt of the password above, cost 5. */
const HTPASSWD = 'tester:$2y$05$abcdefghijklmnopqrstuu4Q8xTrgjpfgc6JAW05bPlTJQ8JfbGq6\n';
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

interface RegistryForm {
  readonly login?: boolean;
  /** With a certificate of its own making, wanting the same from clients. */
  readonly tls?: boolean;
}

async function openTested(form: RegistryForm): Promise<RegistryUnderTest> {
  const server = await startRegistry(form);
  const registry = form.login ? openWith({ [server.host]: { auth: 'env:LOGIN' } }, LOGIN) : openWith({});
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

function openWith(settings: Policy['registries'], login?: string): Registry {
  return openRegistry({ settings, directory: '/', env: { HOME: '/nonexistent', LOGIN: login }, clock });
}

/** Starts the program with storage in memory on a free port of this machine. */
async function startRegistry({ login, tls }: RegistryForm): Promise<{ readonly host: string; readonly folder: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const certificate = join(folder, 'tls.crt');
  const key = join(folder, 'tls.key');
  if (tls) makeCertificate(certificate, key);
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { inmemory: {} },
    http: { addr: host, secret: 'for-tests', ...(tls ? { tls: { certificate, key, clientcas: [certificate] } } : {}) },
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
    folder,
    async stop() {
      child.kill();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

function makeCertificate(certificate: string, key: string): void {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1';
  execFileSync(OPENSSL, [...request.split(' '), '-out', certificate, '-keyout', key], { stdio: 'ignore' });
}

async function waitForAnswer(host: string): Promise<void> {
  const [hostname, port] = host.split(':');
  for (let attempt = 1; ; attempt += 1) {
    const socket = connect({ host: hostname ?? '', port: Number(port) });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await setTimeout(100);
    } finally {
      socket.destroy();
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

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
