import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTextFile, writeTextFile } from './text-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changeover-files-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('readTextFile', () => {
  it('reads text, without a byte order mark', async () => {
    writeFileSync(join(folder, 'a.yaml'), '\uFEFFkind: 服务\n');

    expect(await readTextFile(join(folder, 'a.yaml'), 100)).toBe('kind: 服务\n');
  });

  it('refuses a file above the limit instead of reading it all', async () => {
    writeFileSync(join(folder, 'big'), 'x'.repeat(2_000_000));

    await expect(readTextFile(join(folder, 'big'), 1024 * 1024)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('larger than 1 MiB'),
    });
  });

  it('says why a file cannot be read', async () => {
    await expect(readTextFile(join(folder, 'none'), 10)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('it does not exist') });
    await expect(readTextFile(folder, 10)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('it is a directory') });
  });
});

describe('writeTextFile', () => {
  it('replaces a file and leaves nothing beside it', async () => {
    const path = join(folder, 'plan.json');
    writeFileSync(path, 'old');

    await writeTextFile(path, 'new');

    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['plan.json']);
  });

  it('does not replace a file where a fresh one is wanted', async () => {
    const path = join(folder, 'before.json');
    await writeTextFile(path, 'first', { fresh: true });

    await expect(writeTextFile(path, 'second', { fresh: true })).rejects.toMatchObject({
      code: 'usage',
      message: `${path} cannot be written: it exists already`,
      hint: 'Choose another name, or add --yes to replace it.',
    });
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['before.json']);
  });

  it('says why a file cannot be written, and leaves nothing behind', async () => {
    await expect(writeTextFile(join(folder, 'no/such/plan.json'), 'x')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('it does not exist'),
    });
    await expect(writeTextFile(folder, 'x')).rejects.toMatchObject({ code: 'usage' });
    expect(readdirSync(folder)).toEqual([]);
  });
});
