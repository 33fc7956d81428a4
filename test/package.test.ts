import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConverter } from '../src/adapters/tee/open-converter.ts';
import { writeZip } from '../src/adapters/files/write-zip.ts';
import { encodeSegment, segment } from './builders/segment.ts';

const root = join(import.meta.dirname, '..');
/** The package runs on the `node` of PATH: here the one that runs the tests. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` };

/** A jar in the bridge's place. */
const standIn = writeZip({ 'META-INF/services/io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider': 'stand.In\n' });

describe('the published package', () => {
  let folder: string;
  let program: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'changeover-package-'));
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'ignore' });
    const bridge = join(root, 'dist/changeover-bridge.jar');
    // Without Maven there is none: what counts here is its place.
    if (!existsSync(bridge)) writeFileSync(bridge, standIn);
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    writeFileSync(join(folder, 'package.json'), '{"private": true}');
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)], { cwd: folder, stdio: 'ignore' });
    program = join(folder, 'node_modules/.bin/changeover');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('installs nothing besides itself', () => {
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object };

    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/changeover']);
  });

  it('holds the program, its licences and no sources', () => {
    const files = readdirSync(join(folder, 'node_modules/changeover'), { recursive: true, encoding: 'utf8' });

    expect(files).toContain('dist/changeover.mjs');
    expect(files).toContain('dist/changeover-bridge.jar');
    expect(files).toContain('dist/tee-worker.mjs');
    expect(files).toContain('dist/LICENSES.txt');
    expect(files.filter((file) => file.endsWith('.ts') || file.startsWith('src'))).toEqual([]);
  });

  it('knows its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

    expect(execFileSync(program, ['--version'], { env, encoding: 'utf8' })).toBe(`${version}\n`);
  });

  it('shows its help', () => {
    expect(execFileSync(program, ['--help'], { env, encoding: 'utf8' })).toContain('Usage: changeover COMMAND');
  });

  it('rehearses a whole migration without anything else', () => {
    const { status, stdout } = spawnSync(program, ['rehearse', '-o', 'json'], { env, encoding: 'utf8' });

    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(status).toBe(0);
    expect(JSON.parse(last)).toMatchObject({ kind: 'Event', type: 'run.finished', phase: 'COMPLETED' });
  });

  it('finds the bridge in itself, and says so where it is gone', () => {
    const attributes = 'Premain-Class: io.opentelemetry.javaagent.OpenTelemetryAgent\r\nImplementation-Version: 2.33.1\r\n';
    writeFileSync(join(folder, 'agent.jar'), writeZip({ 'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${attributes}` }));
    const to = { files: { path: 'agent.jar' } };
    writeFileSync(
      join(folder, 'policy.yaml'),
      JSON.stringify({ apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec: { to } }),
    );
    const examine = (): { readonly status: string; readonly params: object } | undefined => {
      const { stdout } = spawnSync(program, ['doctor', '-p', 'policy.yaml', '-o', 'json'], { env: nowhere(folder), cwd: folder, encoding: 'utf8' });
      const { checks } = JSON.parse(stdout) as { checks: { id: string; status: string; params: object }[] };
      return checks.find((check) => check.id === 'agent-files');
    };
    const jar = join(folder, 'node_modules/changeover/dist/changeover-bridge.jar');
    writeFileSync(jar, standIn);

    expect(examine()).toMatchObject({ status: 'ok', params: { version: '2.33.1', files: 2 } });
    rmSync(jar);
    expect(examine()).toMatchObject({ status: 'problem' });
    expect(JSON.stringify(examine())).toContain("the bridge's jar is not built");
  });

  it("runs the tee's thread from its own file", async () => {
    const converter = openConverter(pathToFileURL(join(folder, 'node_modules/changeover/dist/tee-worker.mjs')));

    const batch = await converter.convert([{ kind: 'segment', bytes: encodeSegment(segment()) }]);
    await converter.close();

    expect(batch).toMatchObject({ segments: 1, unreadable: 0 });
  });

  it('reports wrong usage with exit code 2', () => {
    const { status, stderr } = spawnSync(program, ['plan', '-p', 'missing.yaml'], { env, cwd: folder, encoding: 'utf8' });

    expect(status).toBe(2);
    expect(stderr).toContain('error: missing.yaml cannot be read: it does not exist');
  });
});

/** An environment whose cluster does not answer. */
function nowhere(folder: string): NodeJS.ProcessEnv {
  const named = (name: string, member: string, value: object): object => ({ name, [member]: value });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'none',
    clusters: [named('none', 'cluster', { server: 'http://127.0.0.1:9' })],
    users: [named('none', 'user', {})],
    contexts: [named('none', 'context', { cluster: 'none', user: 'none' })],
  };
  writeFileSync(join(folder, 'kubeconfig.json'), JSON.stringify(config));
  return { ...env, KUBECONFIG: join(folder, 'kubeconfig.json'), XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder };
}

describe('the launcher', () => {
  const launcher = join(root, 'bin/changeover');
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'changeover launcher-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds its program through a chain of symlinks, from any folder', () => {
    symlinkSync(launcher, join(folder, 'first'));
    symlinkSync('first', join(folder, 'second'));

    expect(execFileSync(join(folder, 'second'), ['--version'], { cwd: folder, encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each(['v20.20.2', 'v22.18.0', 'not a version'])('refuses Node %s with a clear message', (version) => {
    const { launcher, env } = withNode(`echo '${version}'`);

    const { status, stderr } = spawnSync(launcher, ['scan'], { env, encoding: 'utf8' });

    expect(status).toBe(2);
    expect(stderr).toContain('error: Changeover needs Node 22.19 or newer');
    expect(stderr).toContain('fix: ');
  });

  it.each(['v22.19.0', 'v24.0.1', 'v100.0.0'])('becomes Node %s, so that a kill reaches the program', async (version) => {
    const { launcher, env } = withNode(`if [ "$1" = --version ]; then echo ${version}; else echo "$$ $*"; fi`);

    const child = spawn(launcher, ['scan', '-n', 'a b'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const said = await text(child.stdout);

    expect(said).toMatch(new RegExp(`^${child.pid} --disable-warning=ExperimentalWarning .*/dist/changeover\\.mjs scan -n a b\n$`));
  });

  /** A copy of the launcher as in the published package, with a `node` that is a script of the test. */
  function withNode(script: string): { readonly launcher: string; readonly env: NodeJS.ProcessEnv } {
    const home = mkdtempSync(join(folder, 'home-'));
    cpSync(join(root, 'bin'), join(home, 'bin'), { recursive: true });
    writeFileSync(join(home, 'node'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { launcher: join(home, 'bin/changeover'), env: { PATH: `${home}:/usr/bin:/bin` } };
  }
});
