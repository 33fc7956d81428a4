import { execFile } from 'node:child_process';
import { accessSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { serveRegistry } from '../../src/adapters/simulated/registry-server.ts';
import { isInstalled } from './registry-program.ts';

const run = promisify(execFile);
const MODULE = 'github.com/opencontainers/distribution-spec/conformance';
const VERSION = 'v0.0.0-20260831232431-97274622c111';
const PATH = [process.env['PATH'], '/usr/local/go/bin'].join(':');
const hasGo = isInstalled('go', PATH);
const required = process.env['CHANGEOVER_LAB'] === 'required';

describe('the conformance suite of the distribution specification', () => {
  it.skipIf(!hasGo && !required)('passes for the simulated registry over HTTP: pull, push, content discovery and management', async () => {
    const program = await buildSuite();
    const results = mkdtempSync(join(tmpdir(), 'changeover-conformance-'));
    const server = await serveRegistry();
    const env = { PATH, OCI_REGISTRY: server.host, OCI_TLS: 'disabled', OCI_VERSION: '1.1', OCI_RESULTS_DIR: results, OCI_API_BLOBS_UPLOAD_CANCEL: 'true' };

    await run(program, [], { env, cwd: results }).catch((error: unknown) => error);

    const report = readFileSync(join(results, 'junit.xml'), 'utf8');
    const [, failures, errors] = /<testsuite [^>]*failures="(\d+)" errors="(\d+)"/.exec(report) ?? [];
    const cases = [...report.matchAll(/<testcase name="([^"]*)"[^>]* status="([^"]*)"/g)];
    expect(cases.filter(([, , status = '']) => !/^(?:passed|pass|skipped|skip|disabled)$/i.test(status)).map(([, name]) => name)).toEqual([]);
    expect({ failures, errors }).toEqual({ failures: '0', errors: '0' });
    expect(cases.length).toBeGreaterThan(300);
    await server.close();
    rmSync(results, { recursive: true });
  });
});

/** Builds the published module once into a cache folder; the version is part of the program's name. */
async function buildSuite(): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'changeover-tests');
  const program = join(folder, `conformance-${VERSION}`);
  try {
    accessSync(program);
    return program;
  } catch {
    mkdirSync(folder, { recursive: true });
  }
  const env = { ...process.env, PATH, GOBIN: folder };
  const { stdout } = await run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`], { env });
  const { Dir } = JSON.parse(stdout) as { readonly Dir: string };
  await run('go', ['build', '-buildvcs=false', '-o', program, '.'], { env, cwd: Dir });
  return program;
}
