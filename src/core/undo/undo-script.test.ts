import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UndoStep } from './undo-step.ts';
import { formatUndoScript, type Undo } from './undo-script.ts';

const nasty = `-Dname='a b' "$HOME" \`id\` $(id) \\ \n\ttab é 漢 'PATCH'`;
const ops = [{ op: 'replace', path: '/spec/template/spec/containers/0/env/0', value: { name: 'A', value: nasty } }] as const;
const orders: UndoStep = { id: 'shop/Deployment/orders', kind: 'restore', ops };
const login: UndoStep = { id: 'shop/Deployment/login', kind: 'release', ops: [{ op: 'remove', path: '/metadata/annotations' }] };

describe('the undo script, run by sh with a stand-in for kubectl', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'changeover-undo-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('sends every patch exactly, whatever is in it', () => {
    const { status, stdout, calls } = run(script([orders, login]));

    const patches = calls.filter((call) => call[0] === 'patch');
    expect(status).toBe(0);
    expect(patches.map((call) => call.slice(0, 7))).toEqual([
      ['patch', 'deployments.apps/orders', '-n', 'shop', '--type=json', '--field-manager=changeover', '-p'],
      ['patch', 'deployments.apps/login', '-n', 'shop', '--type=json', '--field-manager=changeover', '-p'],
    ]);
    expect(JSON.parse(patches[0]?.[7] ?? '')).toEqual(ops);
    expect(stdout).toContain('done: 2 put back');
  });

  it('waits for what kubectl can wait for, and counts the others as put back at once', () => {
    const nightly: UndoStep = { id: 'shop/CronJob/nightly', kind: 'restore', ops };
    const ledger: UndoStep = { id: 'shop/StatefulSet/ledger', kind: 'restore', ops };
    const text = script([nightly, ledger]);

    const { stdout, calls } = run(text, { env: { UNDO_WAIT: '10m' } });

    expect(calls.filter((call) => call[0] === 'rollout').map((call) => call[2])).toEqual(['statefulsets.apps/ledger']);
    expect(stdout).toContain('done: 2 put back');
    expect(text).toContain('cronjobs.batch/nightly');
    expect(text.match(/kubectl delete pod/g)).toHaveLength(1);
  });

  it('stops at the first failure and says where', () => {
    const { status, stderr, calls } = run(script([orders, login]), { fails: 'patch deployments.apps/orders' });

    expect(status).toBe(1);
    expect(stderr).toContain('stopped at shop/Deployment/orders, for the reason above: 0 put back, nothing after it was touched.');
    expect(calls.filter((call) => call.includes('deployments.apps/login'))).toEqual([]);
  });

  it('goes on, when run again, with what still carries the marker', () => {
    const { status, stdout, calls } = run(script([orders, login]), { back: 'deployments.apps/orders' });

    expect(status).toBe(0);
    expect(calls.filter((call) => call[0] === 'patch').map((call) => call[1])).toEqual(['deployments.apps/login']);
    expect(stdout).toContain('deployments.apps/orders in shop: put back already, or deleted');
  });

  it('stops when it cannot even read the workload', () => {
    const { status, calls } = run(script([orders]), { fails: 'get deployments.apps/orders' });

    expect(status).toBe(1);
    expect(calls.filter((call) => call[0] === 'patch')).toEqual([]);
  });

  it('uses another context and waits for rollouts where the environment says so', () => {
    const { calls } = run(script([orders]), { env: { UNDO_CONTEXT: 'my prod', UNDO_WAIT: '5m' } });

    expect(calls.every((call) => call[0] === '--context=my prod')).toBe(true);
    expect(calls.at(-1)?.slice(1)).toEqual(['rollout', 'status', 'deployments.apps/orders', '-n', 'shop', '--timeout=5m']);
  });

  it('has only comments for what needs nothing or a person, and ends with 3 for the latter', () => {
    const gone: UndoStep = { id: 'shop/Deployment/web\nrm -rf "$HOME"', kind: 'nothing', why: 'marker-gone' };
    const before = 'registry.example.com/x:1\nid';
    const conflict: UndoStep = { id: "shop/Deployment/it's", kind: 'by-hand', why: 'conflict', edits: [{ kind: 'image', container: 'x', before, after: 'y' }] };

    const text = script([gone, conflict]);
    const { status, stderr, calls } = run(text);

    expect(text).toContain('# shop/Deployment/web rm -rf "$HOME": the marker of run r is gone');
    expect(text).toContain('#   image of container x: registry.example.com/x:1 id');
    expect(calls).toEqual([]);
    expect(status).toBe(3);
    expect(stderr).toContain("NOT put back, a person must look: shop/Deployment/it's;");
  });

  it('is POSIX shell without a syntax error', () => {
    writeFileSync(join(folder, 'undo.sh'), script([orders, login]));

    expect(execFileSync('sh', ['-n', join(folder, 'undo.sh')], { encoding: 'utf8' })).toBe('');
  });

  interface World {
    /** `verb what` that fails. */
    readonly fails?: string;
    /** What has no marker any more. */
    readonly back?: string;
    readonly env?: { readonly [name: string]: string };
  }

  /** Runs the script; `calls` are the arguments of every kubectl call. */
  function run(
    text: string,
    { fails = '', back = '', env = {} }: World = {},
  ): { status: number | null; stdout: string; stderr: string; calls: readonly (readonly string[])[] } {
    const log = join(folder, 'calls');
    writeFileSync(log, '');
    writeFileSync(join(folder, 'undo.sh'), text);
    writeFileSync(
      join(folder, 'kubectl'),
      `#!/bin/sh
for arg; do printf '%s\\037' "$arg"; done >>"$LOG"; printf '\\036' >>"$LOG"
case $1 in --context=*) shift ;; esac
[ "$1 $2" = "$FAILS" ] && { echo 'the server says no' >&2; exit 1; }
[ "$1" = get ] && [ "$2" != "$BACK" ] && echo marker
exit 0
`,
    );
    chmodSync(join(folder, 'kubectl'), 0o700);
    const environment = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, LOG: log, FAILS: fails, BACK: back, ...env };
    const { status, stdout, stderr } = spawnSync('sh', [join(folder, 'undo.sh')], { encoding: 'utf8', env: environment });
    const calls = readFileSync(log, 'utf8')
      .split('\x1e')
      .slice(0, -1)
      .map((call) => call.split('\x1f').slice(0, -1));
    return { status, stdout, stderr, calls };
  }
});

function script(steps: Undo['steps']): string {
  return formatUndoScript({ run: 'r', server: 'https://cluster.example.com', at: '2026-03-02T13:00:00.000Z', steps });
}
