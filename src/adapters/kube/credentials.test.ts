import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../ports/clock.ts';
import type { Connection, Login } from './connection.ts';
import { credentialSource, type CredentialSource } from './credentials.ts';

const NONE: Login = { certificate: undefined, token: undefined, tokenFile: undefined, basic: undefined, exec: undefined };

let folder: string;
let now: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  now = Date.parse('2026-01-01T00:00:00Z');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function sourceOf(login: Partial<Login>, more: Partial<Connection> = {}): CredentialSource {
  const clock: Clock = { now: () => now, sleep: async () => undefined };
  const connection: Connection = {
    server: 'https://k',
    ca: undefined,
    insecure: false,
    serverName: undefined,
    proxyUrl: undefined,
    compress: true,
    impersonate: undefined,
    source: '/kubeconfig',
    ...more,
    login: { ...NONE, ...login },
  };
  return credentialSource(connection, {
    clock,
    env: { PATH: [folder, dirname(process.execPath)].join(delimiter), HOME: folder },
    closed: new AbortController().signal,
  });
}

type Exec = NonNullable<Login['exec']>;

/** A plugin that counts its runs in a file and prints what `body` (JavaScript, `run` = how often it ran) evaluates to. */
async function plugin(body: string, more: Partial<Exec> = {}): Promise<Exec> {
  await writeFile(join(folder, 'runs'), '');
  const script = `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(join(folder, 'runs'))}, 'x'); const run = fs.readFileSync(${JSON.stringify(join(folder, 'runs'))}, 'utf8').length; ${body}`;
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'node',
    args: ['-e', script],
    env: [],
    installHint: 'brew install it',
    interactiveMode: 'Never',
    directory: folder,
    clusterInfo: undefined,
    ...more,
  };
}

const print = (status: string, apiVersion = 'client.authentication.k8s.io/v1'): string =>
  `console.log(JSON.stringify({ apiVersion: '${apiVersion}', kind: 'ExecCredential', status: ${status} }));`;

async function runs(): Promise<number> {
  return (await readFile(join(folder, 'runs'), 'utf8')).length;
}

describe('credentialSource', () => {
  it('turns tokens, passwords and impersonation into headers', async () => {
    const impersonate = { user: 'root', groups: ['a', 'b'], uid: '7', extra: { 'a/scope': ['x'] } };

    expect((await sourceOf({ token: 't' }).current()).headers).toEqual({ authorization: 'Bearer t' });
    expect((await sourceOf({ basic: { username: 'me', password: 'p:w' } }).current()).headers).toEqual({
      authorization: `Basic ${Buffer.from('me:p:w').toString('base64')}`,
    });
    expect((await sourceOf({}, { impersonate }).current()).headers).toEqual({
      'impersonate-user': 'root',
      'impersonate-uid': '7',
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-a%2Fscope': ['x'],
    });
    expect(await sourceOf({ certificate: { cert: 'c', key: 'k' } }).current()).toMatchObject({ headers: {}, certificate: { cert: 'c', key: 'k' } });
  });

  it('reads a token file again as it rotates, and at once after a 401', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'one\n');
    const source = sourceOf({ tokenFile, token: 'stale' });
    const token = async (): Promise<unknown> => (await source.current()).headers['authorization'];
    expect(await token()).toBe('Bearer one');

    await writeFile(tokenFile, 'two\n');

    expect(await token()).toBe('Bearer one');
    now += 10_000;
    expect(await token()).toBe('Bearer two');
    await writeFile(tokenFile, 'three\n');
    expect(source.renew(await source.current())).toBe(true);
    expect(await token()).toBe('Bearer three');
  });

  it('has nothing to renew for a fixed token', async () => {
    const source = sourceOf({ token: 't' });

    expect(source.renew(await source.current())).toBe(false);
  });

  it('names a token file that cannot be read', async () => {
    await expect(sourceOf({ tokenFile: join(folder, 'nope') }).current()).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining('nope'),
      target: '/kubeconfig',
    });
  });

  it('runs a plugin once for many, and again when its credential expires', async () => {
    const source = sourceOf({ exec: await plugin(print("{ token: 'run' + run, expirationTimestamp: '2026-01-01T01:00:00Z' }")) });

    const first = await Promise.all([source.current(), source.current()]);
    await source.current();
    expect(first.map(({ headers }) => headers['authorization'])).toEqual(['Bearer run1', 'Bearer run1']);
    expect(await runs()).toBe(1);

    now += 3_600_000;
    expect((await source.current()).headers['authorization']).toBe('Bearer run2');
  });

  it('runs a plugin again when its credential is refused, once for all whose requests were', async () => {
    const source = sourceOf({ exec: await plugin(print("{ token: 'run' + run }")) });
    const refused = await source.current();

    source.renew(refused);
    const renewed = await source.current();
    source.renew(refused);

    expect(await source.current()).toBe(renewed);
    expect(await runs()).toBe(2);
  });

  it('gives a plugin its arguments, variables and cluster, and takes a client certificate from it', async () => {
    const body = print(
      '{ token: process.env.OWN + process.env.HOME, clientCertificateData: process.env.KUBERNETES_EXEC_INFO, clientKeyData: process.argv.slice(1).join() }',
      'client.authentication.k8s.io/v1beta1',
    );
    const made = await plugin(body, {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      env: [{ name: 'OWN', value: 'own' }],
      clusterInfo: { server: 'https://k' },
    });

    const { headers, certificate } = await sourceOf({ exec: { ...made, args: [...made.args, 'a b', 'c'] } }).current();

    expect(headers['authorization']).toBe(`Bearer own${folder}`);
    expect(certificate?.key).toBe('a b,c');
    expect(JSON.parse(certificate?.cert ?? '')).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      kind: 'ExecCredential',
      spec: { cluster: { server: 'https://k' }, interactive: false },
    });
  });

  it('finds a plugin by its path beside the kubeconfig', async () => {
    await writeFile(
      join(folder, 'login'),
      `#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"beside"}}'\n`,
    );
    await chmod(join(folder, 'login'), 0o755);

    const source = sourceOf({ exec: await plugin('', { command: './login', args: [] }) });

    expect((await source.current()).headers['authorization']).toBe('Bearer beside');
  });

  it.each<[string, string, Partial<Exec>, string]>([
    ['is not installed', '', { command: 'no-such-plugin' }, 'is not installed or not on the PATH'],
    ['fails', "console.error('please log in, password=hunter2'); process.exit(3)", {}, 'failed with exit code 3: please log in, password=***'],
    ['prints no JSON', "console.log('hello')", {}, 'did not print an ExecCredential'],
    ['prints no credential', print('{}'), {}, 'gave neither a token nor a client certificate'],
    ['prints half a certificate', print("{ clientCertificateData: 'c' }"), {}, 'without its key'],
    ['prints no time', print("{ token: 't', expirationTimestamp: 'soon' }"), {}, 'is not a time'],
    ['prints without end', "process.stdout.write('x'.repeat(2 * 1024 * 1024))", {}, 'printed more than'],
    ['answers in another version', print("{ token: 't' }", 'client.authentication.k8s.io/v1beta1'), {}, 'answered as client.authentication.k8s.io/v1beta1'],
    ['is of an old version', '', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 'speaks client.authentication.k8s.io/v1alpha1'],
    ['wants a terminal', '', { interactiveMode: 'Always' }, 'wants a terminal'],
  ])('says so when the plugin %s', async (_what, body, more, message) => {
    const exec = await plugin(body, more);

    await expect(sourceOf({ exec }).current()).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(new RegExp(`the credential plugin "${exec.command}" .*${message.replaceAll(/[*.]/g, String.raw`\$&`)}`)),
      hint: 'brew install it',
      target: '/kubeconfig',
    });
  });
});
