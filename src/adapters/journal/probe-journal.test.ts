import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeJournal } from './probe-journal.ts';

describe('probing the folder of the journals', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'changeover-probe-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes it for its owner alone and leaves no file in it', async () => {
    const journals = join(folder, 'state', 'changeover');

    expect(await probeJournal(journals)).toBe(journals);

    expect(statSync(journals).mode & 0o777).toBe(0o700);
    expect(readdirSync(journals)).toEqual([]);
  });

  it('names the folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');

    await expect(probeJournal(join(folder, 'file', 'changeover'))).rejects.toMatchObject({ code: 'usage', target: join(folder, 'file', 'changeover') });
  });
});
