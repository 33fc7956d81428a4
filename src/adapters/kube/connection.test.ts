import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findConnection, type Connection } from './connection.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const base64 = Buffer.from(PEM).toString('base64');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** A kubeconfig with one context `c` of one cluster and one user, given in flow style. */
async function config(
  name: string,
  { cluster = 'server: https://k8s.test', user = 'token: t' }: { readonly cluster?: string; readonly user?: string } = {},
): Promise<string> {
  return await file(
    name,
    `apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: x}}]\nclusters: [{name: k, cluster: {${cluster}}}]\nusers: [{name: u, user: {${user}}}]\n`,
  );
}

async function open(path: string, more: { readonly context?: string; readonly as?: string } = {}): Promise<Connection> {
  return await findConnection({ kubeconfig: path, env: {}, ...more });
}

describe('findConnection', () => {
  it('reads server, CA, and credentials given inline', async () => {
    const path = await config('inline', {
      cluster: `server: "https://k8s.test:6443/k8s/clusters/c-1/", certificate-authority-data: ${base64}, tls-server-name: api.test, proxy-url: "http://p:1"`,
      user: `client-certificate-data: ${base64}, client-key-data: ${base64}, token: t, as: root, as-groups: [g], as-user-extra: {scopes: [s]}`,
    });

    expect(await open(path)).toEqual({
      server: 'https://k8s.test:6443/k8s/clusters/c-1',
      ca: PEM,
      insecure: false,
      serverName: 'api.test',
      proxyUrl: 'http://p:1',
      compress: true,
      login: { certificate: { cert: PEM, key: PEM }, token: 't', tokenFile: undefined, basic: undefined, exec: undefined },
      impersonate: { user: 'root', groups: ['g'], extra: { scopes: ['s'] } },
      source: path,
    });
  });

  it('finds relative paths beside the kubeconfig that names them', async () => {
    await file('certs/ca.pem', PEM);
    await file('certs/key.pem', 'the key');
    const path = await config('relative', {
      cluster: 'server: https://k8s.test, certificate-authority: certs/ca.pem',
      user: 'client-certificate: certs/ca.pem, client-key: ./certs/key.pem, tokenFile: certs/token, username: me, password: pw',
    });

    const { ca, login } = await open(path);

    expect(ca).toBe(PEM);
    expect(login).toMatchObject({
      certificate: { cert: PEM, key: 'the key' },
      tokenFile: join(folder, 'certs/token'),
      basic: { username: 'me', password: 'pw' },
    });
  });

  it('impersonates the user of --as instead of the one in the kubeconfig', async () => {
    const path = await config('as', { user: 'token: t, as: root, as-groups: [g]' });

    expect((await open(path, { as: 'alice' })).impersonate).toEqual({ user: 'alice', groups: [], extra: {} });
  });

  it('merges the files of KUBECONFIG, the first to name something wins, and skips files that do not exist', async () => {
    const first = await file('one', 'users: [{name: u, user: {token: first}}]\nclusters: null\n');
    const second = await config('two', { cluster: 'server: https://two.test', user: 'token: second' });
    const third = await file(
      'three',
      'current-context: d\ncontexts: [{name: c, context: {cluster: other}}]\nclusters: [{name: k, cluster: {server: https://three.test}}]\n',
    );

    const connection = await findConnection({ env: { KUBECONFIG: [join(folder, 'absent'), first, '', second, third].join(delimiter) } });

    expect(connection).toMatchObject({ server: 'https://two.test', login: { token: 'first' }, source: first });
  });

  it('takes ~/.kube/config when KUBECONFIG is unset or empty', async () => {
    await config('home/.kube/config', { cluster: 'server: https://home.test' });

    const connection = await findConnection({ env: { HOME: join(folder, 'home'), KUBECONFIG: '' } });

    expect(connection.server).toBe('https://home.test');
  });

  it("takes the pod's account when there is no kubeconfig", async () => {
    await file('account/ca.crt', PEM);

    const env = { HOME: '/nonexistent', KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    const connection = await findConnection({ env }, join(folder, 'account'));

    expect(connection).toMatchObject({ server: 'https://[fd00::1]:6443', ca: PEM, login: { tokenFile: join(folder, 'account/token') } });
  });

  it('says where it looked when nothing configures a cluster', async () => {
    await expect(findConnection({ env: { HOME: '/nonexistent' } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no cluster is configured'),
      hint: expect.stringContaining('KUBECONFIG'),
    });
  });

  it('names the choices when the context does not exist', async () => {
    const path = await file('choices', 'contexts: [{name: prod, context: {cluster: k}}, {name: dev, context: {cluster: k}}]\n');

    await expect(open(path, { context: 'prd' })).rejects.toMatchObject({
      code: 'usage',
      message: 'context "prd" does not exist',
      target: path,
      hint: 'Contexts there are: dev, prod.',
    });
    await expect(open(path)).rejects.toMatchObject({ code: 'usage', hint: 'Choose one with --context: dev, prod.' });
    await expect(findConnection({ context: 'prd', env: { HOME: '/nonexistent' } })).rejects.toMatchObject({ code: 'usage', hint: 'Contexts there are: none.' });
  });

  it.each([
    ['a file that does not exist', undefined, 'the file does not exist'],
    ['YAML that cannot be parsed', 'a: [', 'cannot read the kubeconfig'],
    ['another document', '[]', 'the file: '],
    ['a context without a cluster', 'current-context: c\ncontexts: [{name: c, context: {user: u}}]', 'contexts[c].context.cluster'],
    ['a cluster that is not defined', 'current-context: c\ncontexts: [{name: c, context: {cluster: k}}]', 'contexts[c].context.cluster: "k" is not defined'],
    [
      'a user that is not defined',
      'current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: {server: https://a}}]',
      '"u" is not defined',
    ],
    [
      'a cluster without a server',
      'current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {}}]',
      'clusters[k].cluster.server',
    ],
    [
      'a server that is no URL',
      'current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: "k8s:6443"}}]',
      'is not an http(s) URL',
    ],
  ])('refuses %s', async (name, text, message) => {
    const path = text === undefined ? join(folder, 'nowhere') : await file(name, text);

    await expect(open(path)).rejects.toMatchObject({ code: 'invalid-file', message: expect.stringContaining(message), target: path });
  });

  it.each([
    ['a certificate without its key', { user: `client-certificate-data: ${base64}` }, 'users[u].user: client-key is missing'],
    ['data that is not PEM', { user: 'client-certificate-data: abcd' }, 'is not base64 of PEM'],
    [
      'a CA beside insecure-skip-tls-verify',
      { cluster: `server: https://a, insecure-skip-tls-verify: true, certificate-authority-data: ${base64}` },
      'exclude each other',
    ],
    ['a CA file that does not exist', { cluster: 'server: https://a, certificate-authority: nope.pem' }, 'nope.pem'],
    ['an exec plugin without a command', { user: 'exec: {apiVersion: client.authentication.k8s.io/v1}' }, 'users[u].user.exec.command'],
  ])('refuses %s', async (name, parts, message) => {
    const path = await config(name, parts);

    await expect(open(path)).rejects.toMatchObject({ code: 'invalid-file', message: expect.stringContaining(message), target: expect.stringContaining(path) });
  });

  it('says that auth-provider is not supported', async () => {
    const path = await config('provider', { user: 'auth-provider: {name: gcp}' });

    await expect(open(path)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('"gcp"') });
  });

  it('tells a plugin that asks for it about the cluster', async () => {
    const exec = 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, provideClusterInfo: true, args: null, env: null}';
    const extensions = 'extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]';
    const path = await config('exec', { cluster: `server: https://a, certificate-authority-data: ${base64}, ${extensions}`, user: exec });

    const { login } = await open(path);

    expect(login.exec).toMatchObject({
      command: './bin/login',
      args: [],
      env: [],
      directory: folder,
      clusterInfo: { server: 'https://a', 'certificate-authority-data': base64, config: { audience: 'x' } },
    });
  });
});
