import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** The registry of Debian's package docker-registry. */
export const PROGRAM = 'docker-registry';
export const OPENSSL = 'openssl';
/** bcrypt of the password the tests use, cost 5. */
const HTPASSWD = 'tester:$2y$05$abcdefghijklmnopqrstuu4Q8xTrgjpfgc6JAW05bPlTJQ8JfbGq6\n';

export interface RegistryForm {
  readonly login?: boolean;
  /** With a certificate of its own making, wanting the same from clients. */
  readonly tls?: boolean;
  /** Manifests may be deleted. */
  readonly deletes?: boolean;
  /** Takes layers that are elsewhere. */
  readonly foreign?: boolean;
}

/** Starts docker-registry with storage in memory on a free port of this machine. */
export async function startRegistry({
  login,
  tls,
  deletes,
  foreign,
}: RegistryForm): Promise<{ readonly host: string; readonly folder: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const certificate = join(folder, 'tls.crt');
  const key = join(folder, 'tls.key');
  if (tls) makeCertificate(certificate, key);
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { inmemory: {}, ...(deletes ? { delete: { enabled: true } } : {}) },
    http: { addr: host, secret: 'for-tests', ...(tls ? { tls: { certificate, key, clientcas: [certificate] } } : {}) },
    ...(foreign ? { validation: { manifests: { urls: { allow: ['^https://example[.]com/'] } } } } : {}),
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

/** A port nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether a program is on the PATH. */
export function isInstalled(program: string, path = process.env['PATH'] ?? ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
