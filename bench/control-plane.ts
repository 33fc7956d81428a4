import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { addresses, paths } from '../lab/paths.ts';
import { NotBuilt } from './not-built.ts';
import { freePort, type Scratch } from './scratch.ts';

/** A real API server with its etcd and nothing else: no controller touches what is created there. */
export interface ControlPlane {
  /** Of an administrator. */
  readonly kubeconfig: string;
  /** Sends a request with a JSON body; throws unless it succeeds. */
  send(method: 'POST' | 'PUT', path: string, body: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const TOKEN = 'administrator';

/** Starts etcd and the API server of the lab's build on free ports, in a scratch folder. */
export async function startControlPlane(scratch: Scratch): Promise<ControlPlane> {
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) if (!existsSync(join(paths.bin, name))) throw new NotBuilt(name);
  const etcd = await startEtcd(scratch);
  const port = await freePort();
  const certificate = join(scratch.folder, 'certificates', 'apiserver.crt');
  const authorised = { authorization: `Bearer ${TOKEN}` };
  let pool: Pool | undefined;
  await scratch.start('kube-apiserver', apiServerCommand(scratch.folder, etcd, port), async () => {
    if (!existsSync(certificate)) return false;
    pool ??= new Pool(`https://127.0.0.1:${port}`, { connections: 16, connect: { ca: readFileSync(certificate) } });
    const { statusCode, body } = await pool.request({ method: 'GET', path: '/readyz', headers: authorised });
    await body.dump();
    return statusCode === 200;
  });
  return {
    kubeconfig: writeKubeconfig(scratch.folder, `https://127.0.0.1:${port}`, certificate),
    send: async (method, path, document) => {
      if (!pool) throw new Error('the API server was not reached');
      const headers = { ...authorised, 'content-type': 'application/json', 'user-agent': 'deployer' };
      const { statusCode, body } = await pool.request({ method, path, headers, body: JSON.stringify(document) });
      const text = await body.text();
      if (statusCode >= 300) throw new Error(`${method} ${path} was answered with ${statusCode}: ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    },
    close: async () => await pool?.destroy(),
  };
}

async function startEtcd(scratch: Scratch): Promise<string> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const argv = [
    join(paths.bin, 'etcd'),
    `--data-dir=${join(scratch.folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
  await scratch.start('etcd', argv, async () => (await fetch(`${client}/health`)).ok);
  return client;
}

/** The API server makes its own certificate; one token is the administrator's. */
function apiServerCommand(folder: string, etcd: string, port: number): readonly string[] {
  const key = join(folder, 'accounts.key');
  const tokens = join(folder, 'tokens.csv');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(key, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(tokens, `${TOKEN},administrator,1,system:masters\n`, { mode: 0o600 });
  return [
    join(paths.bin, 'kube-apiserver'),
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    // Nobody connects there; the API server insists on an address that is not a loopback one.
    `--advertise-address=${addresses.bridge}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://bench',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--service-cluster-ip-range=${addresses.serviceRange}`,
    // Accounts are made by a controller.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function writeKubeconfig(folder: string, server: string, certificate: string): string {
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server, 'certificate-authority': certificate } }],
    users: [{ name: 'administrator', user: { token: TOKEN } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'administrator' } }],
    'current-context': 'bench',
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
