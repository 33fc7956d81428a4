import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifestFiles } from './manifest-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changeover-manifests-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('readManifestFiles', () => {
  it('finds the manifests below a folder, in order, each once', async () => {
    mkdirSync(join(folder, 'b'));
    mkdirSync(join(folder, '.git'));
    for (const name of ['a.yaml', 'b/c.YML', 'b/d.json', 'readme.md', '.hidden.yaml', '.git/e.yaml']) writeFileSync(join(folder, name), name);
    symlinkSync('a.yaml', join(folder, 'link.yaml'));
    symlinkSync('.', join(folder, 'loop'));

    const found = await readManifestFiles([folder, join(folder, 'a.yaml')]);

    expect(found.map(({ file, isNamed }) => [file.slice(folder.length + 1), isNamed])).toEqual([
      ['a.yaml', true],
      ['b/c.YML', false],
      ['b/d.json', false],
      ['link.yaml', false],
    ]);
  });

  it('keeps every byte, the byte order mark too', async () => {
    writeFileSync(join(folder, 'a.yaml'), '\uFEFFkind: é\r\n');

    expect((await readManifestFiles([join(folder, 'a.yaml')]))[0]?.text).toBe('\uFEFFkind: é\r\n');
  });

  it.each([
    ['what is not UTF-8', Buffer.from('a: 1\nb: \xE9\n', 'latin1'), { code: 'invalid-file', message: ':2: is not UTF-8' }],
    ['what is too large', Buffer.alloc(11 * 1024 * 1024, '# x\n'), { code: 'too-large', message: 'larger than 10 MiB' }],
  ])('refuses %s', async (_, content, { code, message }) => {
    writeFileSync(join(folder, 'a.yaml'), content);

    await expect(readManifestFiles([join(folder, 'a.yaml')])).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('refuses what is not there', async () => {
    await expect(readManifestFiles([join(folder, 'no.yaml')])).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('does not exist') });
  });
});
