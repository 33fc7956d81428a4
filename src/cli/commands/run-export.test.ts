import { beforeAll, describe, expect, it } from 'vitest';
import { openRehearsal } from '../../main/open-rehearsal.ts';
import { fakeWiring, type FakeWiring } from '../fake-wiring.ts';
import { runCli } from '../run-cli.ts';

describe('plan --export', () => {
  let run: (...args: readonly string[]) => Promise<FakeWiring & { readonly code: number }>;

  beforeAll(async () => {
    const rehearsal = await openRehearsal({ seed: 1, paced: false });
    const { ports } = rehearsal.openEngine();
    const files = { 'policy.yaml': JSON.stringify(rehearsal.placed.policy.source) };
    run = async (...args) => {
      const opened = { openCluster: async () => ports.cluster, openEngine: async () => ({ ports, close: async () => undefined }) };
      const fake = fakeWiring({ files, wiring: { clock: rehearsal.clock, ...opened } });
      return { ...fake, code: await runCli(['plan', '-p', 'policy.yaml', ...args], fake.wiring) };
    };
  });

  it('writes a folder for each owner, and says which images are pushed by whom', async () => {
    const { code, out, written } = await run('--export', 'kustomize', '--out', 'patches');

    const paths = [...written.keys()];
    expect(code).toBe(0);
    expect(paths.every((path) => path.startsWith('patches/'))).toBe(true);
    expect(paths.filter((path) => path.endsWith('/kustomization.yaml'))).toContain('patches/shop/none/kustomization.yaml');
    expect(written.get(paths.find((path) => path.endsWith('/kustomization.yaml')) ?? '')).toMatch(/^# By changeover plan --export kustomize/);
    expect(out()).toContain('are pushed by `changeover apply`');
    expect(out()).toMatch(/^ {2}changeover image rewrite \S+@sha256:\S+ --to \S+-otel-\w{8} -p policy\.yaml$/m);
    expect(out()).toContain('Not exported');
  });

  it('says of what no chart renders that it is none of it', async () => {
    const { code, out, written } = await run('--export', 'helm-values');

    expect(code).toBe(0);
    expect([...written.keys()]).toEqual([]);
    expect(out()).toContain('no release of Helm renders it');
  });

  it('knows two forms, and prints no JSON', async () => {
    expect((await run('--export', 'jsonnet')).code).toBe(2);
    expect((await run('--export', 'kustomize', '-o', 'json')).code).toBe(2);
  });
});
