import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openCluster } from '../../src/adapters/kube/open-cluster.ts';
import { ChangeoverError } from '../../src/core/error.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Cluster, WatchEvent } from '../../src/ports/cluster.ts';
import { clusterContract } from './cluster-contract.ts';

const kubeconfig = process.env['CHANGEOVER_LAB_KUBECONFIG'];
const run = promisify(execFile);

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const namespaces = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const nodes = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const secrets = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const serviceAccounts = { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true };

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch((cause: unknown) => {
      throw new ChangeoverError('aborted', 'stopped while waiting', { cause });
    });
  },
};

describe.skipIf(kubeconfig === undefined)('a real API server', () => {
  clusterContract('REST', async () => {
    const cluster = await openCluster({ kubeconfig: kubeconfig ?? '', env: process.env, clock });
    const { namespace, remove } = await createNamespace(cluster);
    return { cluster, namespace, close: remove };
  });

  let folder: string;
  let admin: Cluster;
  let namespace: string;
  let removeNamespace: () => Promise<void>;
  let lab: Lab;
  const opened: Cluster[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cluster-real-'));
    lab = await readLab(kubeconfig ?? '');
    admin = await openCluster({ kubeconfig: kubeconfig ?? '', env: process.env, clock });
    ({ namespace, remove: removeNamespace } = await createNamespace(admin));
    await until(() => admin.get({ resource: serviceAccounts, namespace, name: 'default' }));
  });
  afterAll(async () => {
    for (const cluster of opened) await cluster.close();
    await removeNamespace();
    await admin.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the lab's cluster with other cluster or user settings; paths are relative to the test's folder. */
  async function open(change: { readonly cluster?: object; readonly user?: object; readonly as?: string } = {}): Promise<Cluster> {
    const file = join(folder, `${randomBytes(4).toString('hex')}.json`);
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [{ name: 'k', cluster: { ...lab.cluster, ...change.cluster } }],
      users: [{ name: 'u', user: change.user ?? lab.user }],
    };
    await writeFile(file, JSON.stringify(config));
    const cluster = await openCluster({ kubeconfig: file, env: { PATH: process.env['PATH'] }, clock, ...(change.as === undefined ? {} : { as: change.as }) });
    opened.push(cluster);
    return cluster;
  }

  const configMap = (name: string, label = 'x'): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { test: label } },
  });

  describe('who we are', () => {
    let token: string;

    beforeAll(async () => {
      token = await createAccount(admin, namespace);
    });

    it('is told by the server, for the kubeconfig as it is and for an impersonated user', async () => {
      const [own, impersonated] = [await admin.identity(), await (await open({ as: 'bob' })).identity()];

      expect(own.user).not.toBe('');
      expect(own.id).toMatch(/^[0-9a-f]{8}-/);
      expect(own.version).toMatch(/^v1\.\d+/);
      expect(impersonated.user).toBe('bob');
    });

    it('is a ServiceAccount with its token, which may do what its role says and no more', async () => {
      const cluster = await open({ user: { token } });
      const queries = [
        { verb: 'list', group: '', resource: 'configmaps', namespace },
        { verb: 'delete', group: '', resource: 'configmaps', namespace },
        { verb: 'list', group: '', resource: 'configmaps' },
      ];

      expect((await cluster.identity()).user).toBe(`system:serviceaccount:${namespace}:reader`);
      expect(await cluster.list({ resource: configMaps, namespace })).not.toEqual([]);
      expect(await cluster.can(queries)).toEqual([true, false, false]);
      expect(await errorOf(cluster.delete({ resource: configMaps, namespace, name: 'kube-root-ca.crt' }))).toMatchObject({
        code: 'denied',
        message: expect.stringMatching(new RegExp(`not allowed to delete configmaps in namespace ${namespace}: .*system:serviceaccount:${namespace}:reader`)),
      });
      expect(await errorOf(cluster.list({ resource: configMaps }))).toMatchObject({
        code: 'denied',
        message: expect.stringContaining('not allowed to list configmaps in all namespaces'),
      });
    });

    it('comes from a token file', async () => {
      await writeFile(join(folder, 'token'), `${token}\n`);
      const cluster = await open({ user: { tokenFile: 'token' } });

      expect((await cluster.identity()).user).toBe(`system:serviceaccount:${namespace}:reader`);
    });

    it('comes from a credential plugin, as a token or as a client certificate', async () => {
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' };
      const certificate = { clientCertificateData: decode(lab.user['client-certificate-data']), clientKeyData: decode(lab.user['client-key-data']) };
      await writePlugin(join(folder, 'token-plugin'), { token });
      await writePlugin(join(folder, 'certificate-plugin'), certificate);

      const byToken = await open({ user: { exec: { ...exec, command: './token-plugin' } } });
      const byCertificate = await open({ user: { exec: { ...exec, command: './certificate-plugin' } } });

      expect((await byToken.identity()).user).toBe(`system:serviceaccount:${namespace}:reader`);
      expect((await byCertificate.identity()).user).toBe((await admin.identity()).user);
    });

    it('is nobody with a wrong token', async () => {
      expect(await errorOf((await open({ user: { token: 'wrong' } })).identity())).toMatchObject({
        code: 'denied',
        message: expect.stringContaining('does not accept our credentials'),
      });
    });
  });

  describe('TLS', () => {
    beforeAll(async () => {
      await makeCertificate(folder);
    });

    it('refuses a server that another authority signed, and says which', async () => {
      const wrong = await open({ cluster: { 'certificate-authority-data': undefined, 'certificate-authority': 'tls.crt' } });
      const none = await open({ cluster: { 'certificate-authority-data': undefined } });

      for (const cluster of [wrong, none]) {
        expect(await errorOf(cluster.get({ resource: namespaces, namespace: '', name: 'default' }))).toMatchObject({
          code: 'unreachable',
          retryable: false,
          message: expect.stringMatching(/^no trusted connection to https:.*certificate.* \([A-Z_]+\)$/),
          hint: expect.stringContaining('certificate-authority'),
        });
      }
    });

    it('checks the name of the server, which tls-server-name can set', async () => {
      const wrong = await open({ cluster: { 'tls-server-name': 'other.example.com' } });
      const right = await open({ cluster: { 'tls-server-name': 'kubernetes.default.svc' } });

      expect(await errorOf(wrong.identity())).toMatchObject({ code: 'unreachable', message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') });
      expect((await right.identity()).id).toBe((await admin.identity()).id);
    });

    it('is not checked with insecure-skip-tls-verify', async () => {
      const cluster = await open({ cluster: { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true } });

      expect((await cluster.identity()).user).toBe((await admin.identity()).user);
    });

    it('goes through a proxy as a tunnel', async () => {
      const asked: string[] = [];
      const proxy = createHttpServer();
      proxy.on('connect', (request, socket: Socket) => {
        asked.push(request.url ?? '');
        tunnel(socket, lab.address, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      });
      const port = await listen(proxy);
      const cluster = await open({ cluster: { 'proxy-url': `http://127.0.0.1:${port}` } });

      const { user } = await cluster.identity();
      await cluster.close();
      await new Promise((done) => proxy.close(done));

      expect(user).toBe((await admin.identity()).user);
      expect(new Set(asked)).toEqual(new Set([`${lab.address.host}:${lab.address.port}`]));
    });
  });

  it('reads lists of more than one page, each object once', async () => {
    const names = Array.from({ length: 510 }, (_, index) => `page-${String(index).padStart(3, '0')}`);
    const waiting = [...names];
    const work = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await admin.create(configMap(name, 'page'));
    };
    await Promise.all(Array.from({ length: 10 }, work));

    const found = await admin.list({ resource: configMaps, namespace, labelSelector: 'test=page' });

    expect(found.map((object) => object.metadata.name).sort()).toEqual(names);
  });

  it('says refused when admission forbids what rights allow', async () => {
    await admin.patch({ resource: namespaces, namespace: '', name: namespace }, [
      { op: 'add', path: '/metadata/labels/pod-security.kubernetes.io~1enforce', value: 'restricted' },
    ]);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'insecure', namespace },
      spec: { containers: [{ name: 'app', image: 'example.com/app:1' }] },
    };

    const error = await errorOf(admin.create(pod, { dryRun: true }));

    await admin.patch({ resource: namespaces, namespace: '', name: namespace }, [
      { op: 'remove', path: '/metadata/labels/pod-security.kubernetes.io~1enforce' },
    ]);
    expect(error).toMatchObject({ code: 'refused', target: `${namespace}/Pod/insecure`, message: expect.stringContaining('PodSecurity') });
  });

  it('reads the logs of a pod through the API server', async () => {
    await makeCertificate(folder);
    const asked: string[] = [];
    const kubelet = createHttpsServer({ key: await readFile(join(folder, 'tls.key')), cert: await readFile(join(folder, 'tls.crt')) }, (request, response) => {
      asked.push(request.url ?? '');
      response.end('line one\nline two: é\n');
    });
    const port = await listen(kubelet);
    const node = `node-${namespace}`;
    await admin.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node },
      spec: { unschedulable: true, taints: [{ key: 'test', effect: 'NoSchedule' }] },
      status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } },
    });
    await admin.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'logged', namespace },
      spec: { nodeName: node, terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'example.com/app:1' }] },
    });
    const query = { namespace, pod: 'logged', container: 'app', limitBytes: 1000 };

    const [log, cut] = [await admin.logs(query), await admin.logs({ ...query, limitBytes: 8, previous: true, tailLines: 3 })];
    const error = await errorOf(admin.logs({ ...query, container: 'nope' }));

    await admin.delete({ resource: nodes, namespace: '', name: node });
    kubelet.closeAllConnections();
    await new Promise((done) => kubelet.close(done));
    expect(log).toBe('line one\nline two: é\n');
    expect(cut).toBe('line one');
    expect(asked).toEqual([
      `/containerLogs/${namespace}/logged/app?limitBytes=1000`,
      `/containerLogs/${namespace}/logged/app?limitBytes=8&previous=true&tailLines=3`,
    ]);
    expect(error).toMatchObject({ code: 'refused', target: `${namespace}/Pod/logged[nope]`, message: expect.stringContaining('nope') });
  });

  it('keeps a watch through cuts and a server that is away, without loss and without listing again', async () => {
    const sockets = new Set<Socket>();
    let relay = createServer((socket) => relayTo(socket));
    const relayTo = (socket: Socket): void => {
      sockets.add(socket);
      tunnel(socket, lab.address);
    };
    const port = await listen(relay);
    const cut = (): void => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    };
    const cluster = await open({
      cluster: { server: `https://127.0.0.1:${port}`, ...(lab.address.host === '127.0.0.1' ? {} : { 'tls-server-name': lab.address.host }) },
    });
    const stop = new AbortController();
    const events = cluster.watch({ resource: configMaps, namespace, labelSelector: 'test=cut' }, stop.signal)[Symbol.asyncIterator]();
    const next = async (): Promise<WatchEvent | undefined> => (await events.next()).value as WatchEvent | undefined;
    expect(await next()).toEqual({ kind: 'relisted', objects: [] });

    await admin.create(configMap('cut-1', 'cut'));
    const first = await next();
    cut();
    await admin.create(configMap('cut-2', 'cut'));
    const second = await next();
    await closeServer(relay);
    cut();
    const pending = next();
    await admin.create(configMap('cut-3', 'cut'));
    await delay(300);
    relay = createServer(relayTo);
    await listen(relay, port);
    const third = await pending;
    stop.abort();
    cut();
    await closeServer(relay);

    expect([first, second, third].map((event) => event && 'object' in event && `${event.kind} ${event.object.metadata.name}`)).toEqual([
      'added cut-1',
      'added cut-2',
      'added cut-3',
    ]);
  });
});

interface Lab {
  readonly cluster: Readonly<Record<string, string>>;
  readonly user: Readonly<Record<string, string>>;
  readonly address: { readonly host: string; readonly port: number };
}

/** The lab's cluster and user with every file inlined. */
async function readLab(file: string): Promise<Lab> {
  interface Config {
    readonly clusters: readonly [{ readonly cluster: Record<string, string> }];
    readonly users: readonly [{ readonly user: Record<string, string> }];
  }
  const config = parse(await readFile(file, 'utf8')) as Config;
  const inline = async (entry: Record<string, string>): Promise<Record<string, string>> => {
    const members = Object.entries(entry).map(async ([key, value]) => {
      if (!['certificate-authority', 'client-certificate', 'client-key'].includes(key)) return [key, value] as const;
      return [`${key}-data`, (await readFile(resolve(dirname(file), value))).toString('base64')] as const;
    });
    return Object.fromEntries(await Promise.all(members));
  };
  const cluster = await inline(config.clusters[0].cluster);
  const { hostname, port } = new URL(cluster['server'] ?? '');
  return { cluster, user: await inline(config.users[0].user), address: { host: hostname, port: Number(port || 443) } };
}

async function createNamespace(cluster: Cluster): Promise<{ readonly namespace: string; readonly remove: () => Promise<void> }> {
  const namespace = `contract-${randomBytes(4).toString('hex')}`;
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  // The controller manager makes the account that pods run as; before that no pod is admitted.
  const account = { resource: serviceAccounts, namespace, name: 'default' };
  for (let turn = 0; turn < 100 && !(await cluster.get(account)); turn += 1) await clock.sleep(100);
  const remove = async (): Promise<void> => {
    const remover = await openCluster({ kubeconfig: kubeconfig ?? '', env: process.env, clock });
    await remover.delete({ resource: namespaces, namespace: '', name: namespace });
    await remover.close();
  };
  return { namespace, remove };
}

/** A ServiceAccount `reader` that may read ConfigMaps, with a token the controller manager makes. */
async function createAccount(cluster: Cluster, namespace: string): Promise<string> {
  const group = 'rbac.authorization.k8s.io';
  const metadata = { name: 'reader', namespace };
  await cluster.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await cluster.create({
    apiVersion: `${group}/v1`,
    kind: 'Role',
    metadata,
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
  });
  const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace }];
  await cluster.create({ apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata, subjects, roleRef: { apiGroup: group, kind: 'Role', name: 'reader' } });
  await cluster.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, annotations: { 'kubernetes.io/service-account.name': 'reader' } },
    type: 'kubernetes.io/service-account-token',
  });
  return await until(async () => {
    const secret = await cluster.get({ resource: secrets, namespace, name: 'reader' });
    const data = secret?.['data'] as { readonly token?: string } | undefined;
    return data?.token === undefined ? undefined : decode(data.token);
  });
}

async function writePlugin(file: string, status: object): Promise<void> {
  const credential = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });
  await writeFile(`${file}.json`, credential);
  await writeFile(file, `#!/bin/sh\nexec cat '${file}.json'\n`);
  await chmod(file, 0o755);
}

async function makeCertificate(folder: string): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key'];
  await run('openssl', ['req', '-x509', ...key, '-out', 'tls.crt', '-days', '2', '-subj', '/CN=127.0.0.1'], { cwd: folder });
}

/** Joins a socket with a new connection to an address. */
function tunnel(socket: Socket, { host, port }: Lab['address'], connected?: () => void): void {
  const upstream = connect(port, host, connected);
  socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.pipe(upstream).pipe(socket);
}

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.unref();
  await Promise.race([closed, delay(50)]);
}

async function until<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const value = await attempt();
    if (value !== undefined) return value;
    await delay(100);
  }
  throw new Error('it did not come about within 10 s');
}

async function errorOf(promise: Promise<unknown>): Promise<ChangeoverError> {
  const error = await promise.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ChangeoverError);
  return error as ChangeoverError;
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}
