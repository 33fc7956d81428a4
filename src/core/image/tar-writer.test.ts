import { execFileSync } from 'node:child_process';
import { unpackTar } from 'modern-tar';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeTar } from './tar-writer.ts';
import type { TarEntry } from './tar-writer.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 315_532_800 };

describe('writeTar', () => {
  it('is read by GNU tar with every attribute', () => {
    const long = `${'d'.repeat(90)}/${'f'.repeat(90)}`;
    const tar = writeTar([
      { kind: 'directory', path: 'opt', mode: 0o1777, uid: 1000, gid: 2000, mtime: 1 },
      { kind: 'file', path: 'opt/a', bytes: Buffer.from('hello'), ...attributes },
      { kind: 'symlink', path: 'opt/l', target: '/changeover/agent/javaagent.jar', ...attributes, mode: 0o777 },
      { kind: 'file', path: long, bytes: new Uint8Array(), ...attributes, uid: 3_000_000, gid: 4_000_000, mtime: -5 },
      { kind: 'symlink', path: 'é', target: 't'.repeat(101), ...attributes, mode: 0o777, mtime: 1.5 },
    ]);

    const listed = execFileSync('tar', ['-tvf', '-', '--utc', '--full-time', '--numeric-owner', '--quoting-style=literal'], {
      input: tar,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });

    expect(listed.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'drwxrwxrwt 1000/2000 0 1970-01-01 00:00:01 opt/',
      '-rw-r--r-- 0/0 5 1980-01-01 00:00:00 opt/a',
      'lrwxrwxrwx 0/0 0 1980-01-01 00:00:00 opt/l -> /changeover/agent/javaagent.jar',
      `-rw-r--r-- 3000000/4000000 0 1969-12-31 23:59:55 ${long}`,
      `lrwxrwxrwx 0/0 0 1970-01-01 00:00:01.5 é -> ${'t'.repeat(101)}`,
      '',
    ]);
  });

  it('is read back by another reader as what was written, for names and targets of every length', async () => {
    const name = fc.oneof(fc.stringMatching(/^[a-z]{1,120}$/), fc.stringMatching(/^[äé中𝔸x ]{1,60}$/u)).filter((text) => text.trim() === text);
    const entry = fc.record({ name, bytes: fc.uint8Array({ maxLength: 1500 }), target: fc.option(name, { nil: undefined }) });

    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 4 }), async (values) => {
        const entries = values.map(({ name, bytes, target }): TarEntry =>
          target === undefined ? { kind: 'file', path: name, bytes, ...attributes } : { kind: 'symlink', path: name, target, ...attributes },
        );

        const read = await unpackTar(writeTar(entries));

        expect(read.map(({ header, data }) => [header.name, header.linkname || undefined, Buffer.from(data ?? []).toString('hex')])).toEqual(
          values.map(({ name, bytes, target }) => [name, target, target === undefined ? Buffer.from(bytes).toString('hex') : '']),
        );
      }),
      { numRuns: 50 },
    );
  });
});
