import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');
const node = ['--disable-warning=ExperimentalWarning', main];

describe('the program as a process', () => {
  it('survives a reader that goes away', async () => {
    const child = spawn(process.execPath, [...node, 'rehearse', '-o', 'json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.stdout.once('data', () => child.stdout.destroy());

    const code = await new Promise((resolve) => child.once('close', resolve));

    expect(code).toBe(130);
    expect(errors).toBe('');
  });

  it.runIf(existsSync('/dev/full'))('does not call a lost result a success', () => {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', '"$@" > /dev/full', 'sh', process.execPath, ...node, '--help'], { encoding: 'utf8' });

    expect(status).toBe(2);
    expect(stderr).toContain('error: standard output could not be written');
  });

  it('writes a long result whole before it leaves', () => {
    const { stdout } = spawnSync(process.execPath, [...node, 'rehearse', '-o', 'json'], { encoding: 'utf8' });

    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ type: 'run.finished' });
  });
});
