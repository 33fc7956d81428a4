import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialSource, type Credentials } from './credentials.ts';

const host = 'registry.example.com';

describe('credentialSource', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'changeover-home-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  function write(path: string, config: unknown): void {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof config === 'string' ? config : JSON.stringify(config));
  }

  /** A helper that notes each call and prints what the shell lines say. */
  function writeHelper(name: string, lines: string): void {
    write(`bin/docker-credential-${name}`, `#!/bin/sh\nread -r server\necho "$1 $server" >> "${home}/calls"\n${lines}\n`);
    chmodSync(join(home, `bin/docker-credential-${name}`), 0o755);
  }

  function find(registry = host, path = 'team/app', env: { [name: string]: string } = {}, turn = 0): Promise<Credentials | undefined> {
    const source = credentialSource({ auth: 'docker', registry, env: { HOME: home, PATH: `${join(home, 'bin')}:/bin:/usr/bin`, ...env } });
    return source.find({ registry, path }, turn, undefined);
  }

  it('is anonymous without any file', async () => {
    expect(await find()).toBeUndefined();
  });

  it.each([
    ['auth', { auth: encode('user:pass:word') }, { kind: 'password', username: 'user', password: 'pass:word' }],
    ['username and password', { username: 'user', password: 'word' }, { kind: 'password', username: 'user', password: 'word' }],
    ['an identity token', { auth: encode('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' }, { kind: 'identity-token', token: 'refresh' }],
    ['a registry token', { registrytoken: 'bearer' }, { kind: 'registry-token', token: 'bearer' }],
    ['a placeholder', {}, undefined],
  ])("reads an entry with %s from Docker's file", async (_, entry, expected) => {
    write('.docker/config.json', { auths: { [host]: entry }, other: { unknown: true } });

    expect(await find()).toEqual(expected);
  });

  it.each([`https://${host}`, `https://${host}/v2/`, `${host}/`])('knows the host written as %s', async (key) => {
    write('.docker/config.json', { auths: { [key]: { auth: encode('user:word') } } });

    expect(await find()).toMatchObject({ username: 'user' });
  });

  it('finds Docker Hub under its own key', async () => {
    write('.docker/config.json', { auths: { 'https://index.docker.io/v1/': { auth: encode('user:word') } } });

    expect(await find('docker.io', 'library/nginx')).toMatchObject({ username: 'user' });
  });

  it('takes the entry with the longest path', async () => {
    write('.config/containers/auth.json', {
      auths: { [host]: { auth: encode('all:x') }, [`${host}/team`]: { auth: encode('team:x') }, [`${host}/team/app/deeper`]: { auth: encode('deeper:x') } },
    });

    expect(await find(host, 'team/app')).toMatchObject({ username: 'team' });
    expect(await find(host, 'teams/app')).toMatchObject({ username: 'all' });
  });

  it('asks the files in order, and the next one when the first does not know the host', async () => {
    const entry = (user: string, registry = host) => ({ auths: { [registry]: { auth: encode(`${user}:x`) } } });
    write('.docker/config.json', entry('docker'));
    write('.config/containers/auth.json', entry('podman', 'other.example.com'));
    const first = await find();
    write('run/containers/auth.json', entry('runtime'));
    const second = await find(host, 'team/app', { XDG_RUNTIME_DIR: join(home, 'run') });
    write('named/config.json', entry('named'));
    const third = await find(host, 'team/app', { XDG_RUNTIME_DIR: join(home, 'run'), DOCKER_CONFIG: join(home, 'named') });

    expect([first, second, third]).toMatchObject([{ username: 'docker' }, { username: 'runtime' }, { username: 'named' }]);
  });

  it('asks the helper of the host before the common one, and both before the file', async () => {
    writeHelper('own', `echo '{"Username":"own","Secret":"s"}'`);
    writeHelper('common', `echo '{"Username":"<token>","Secret":"refresh"}'`);
    write('.docker/config.json', { auths: { [host]: { auth: encode('file:x') } }, credHelpers: { [host]: 'own' }, credsStore: 'common' });

    expect(await find()).toEqual({ kind: 'password', username: 'own', password: 's' });
    expect(await find('other.example.com')).toEqual({ kind: 'identity-token', token: 'refresh' });
  });

  it('asks a helper once, and again after forgetting', async () => {
    writeHelper('own', `wc -l < "${home}/calls" | sed 's/ *\\(.*\\)/{"Username":"call\\1","Secret":"s"}/'`);
    write('.docker/config.json', { credsStore: 'own' });
    const source = credentialSource({ auth: undefined, registry: host, env: { HOME: home, PATH: `${join(home, 'bin')}:/bin:/usr/bin` } });
    const ask = (path: string) => source.find({ registry: host, path }, 0, undefined);

    const before = [await ask('a'), await ask('b')];
    const forgot = source.forget();

    expect(before).toMatchObject([{ username: 'call1' }, { username: 'call1' }]);
    expect(forgot).toBe(true);
    expect(await ask('a')).toMatchObject({ username: 'call2' });
  });

  it('goes on to the file when a helper has nothing', async () => {
    writeHelper('own', `echo 'credentials not found in native keychain'; exit 1`);
    write('.docker/config.json', { auths: { [host]: { auth: encode('file:x') } }, credsStore: 'own' });

    expect(await find()).toMatchObject({ username: 'file' });
  });

  it.each([
    ['fails', `echo 'keychain is locked' >&2; exit 1`, /keychain is locked/],
    ['prints something else', `echo 'top-secret'`, /its answer is not/],
  ])('says which helper %s, without what it may have leaked', async (_, lines, words) => {
    writeHelper('own', lines);
    write('.docker/config.json', { credsStore: 'own' });

    await expect(find()).rejects.toMatchObject({ code: 'denied', target: host });
    await expect(find()).rejects.toThrow(words);
    await expect(find()).rejects.not.toThrow(/top-secret/);
  });

  it('says which helper is not installed', async () => {
    write('.docker/config.json', { credHelpers: { [host]: 'absent' } });

    await expect(find()).rejects.toThrow(/docker-credential-absent failed: .*ENOENT/);
  });

  it.each([
    ['no JSON', '{'],
    ['of another form', { auths: { [host]: 'secret' } }],
  ])('names a file that is %s', async (_, config) => {
    write('.docker/config.json', config);

    await expect(find()).rejects.toMatchObject({ code: 'invalid-file', target: join(home, '.docker/config.json') });
  });

  it('takes user and password from a variable', async () => {
    const source = credentialSource({ auth: 'env:LOGIN', registry: host, env: { LOGIN: 'robot$a:p:w' } });

    expect(await source.find({ registry: host, path: 'a' }, 0, undefined)).toEqual({ kind: 'password', username: 'robot$a', password: 'p:w' });
  });

  it.each(['hunter2', ':hunter2', ''])('says what is wrong with a variable that holds "%s", without showing it', async (value) => {
    const source = credentialSource({ auth: 'env:LOGIN', registry: host, env: { LOGIN: value } });

    await expect(source.find({ registry: host, path: 'a' }, 0, undefined)).rejects.toMatchObject({ code: 'usage', target: `registries["${host}"].auth` });
    await expect(source.find({ registry: host, path: 'a' }, 0, undefined)).rejects.not.toThrow(/hunter2/);
  });
});

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
