import { appendFile, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileJournal } from './file-journal.ts';

const line = { time: '2026-11-24T10:00:00.000Z', run: 'move', type: 'run', data: { phase: 'RUNNING' } };

describe('openFileJournal', () => {
  let directory = '';
  const file = (): string => join(directory, 'cluster', 'move.jsonl');

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'changeover-journal-')), 'changeover');
  });

  afterEach(async () => {
    await rm(join(directory, '..'), { recursive: true });
  });

  it('makes directories and a file that only their owner can read', async () => {
    const journal = await openFileJournal(directory, 'cluster', 'move');
    await journal.close();

    const modes = await Promise.all([directory, join(directory, 'cluster'), file()].map(async (path) => ((await stat(path)).mode & 0o777).toString(8)));
    expect(modes).toEqual(['700', '700', '600']);
  });

  it('writes one JSON object per line', async () => {
    const journal = await openFileJournal(directory, 'cluster', 'move');
    await journal.append(line);
    await journal.close();

    expect(await readFile(file(), 'utf8')).toBe(`${JSON.stringify({ seq: 1, ...line })}\n`);
  });

  it('leaves a torn last line out when reading, and cuts it off before the next append', async () => {
    const before = await openFileJournal(directory, 'cluster', 'move');
    await before.append(line);
    await before.append({ ...line, data: { text: 'ä'.repeat(100) } });
    await before.close();
    await truncate(file(), (await stat(file())).size - 20);

    const after = await openFileJournal(directory, 'cluster', 'move');
    const read = await after.read();
    await after.append({ ...line, type: 'record' });

    expect(read.map((entry) => entry.seq)).toEqual([1]);
    expect((await after.read()).map((entry) => [entry.seq, entry.type])).toEqual([
      [1, 'run'],
      [2, 'record'],
    ]);
    await after.close();
  });

  it('continues after whole lines of another process and keeps them', async () => {
    const journal = await openFileJournal(directory, 'cluster', 'move');
    await journal.append(line);
    await appendFile(file(), `${JSON.stringify({ seq: 2, ...line, type: 'other' })}\n{"seq":3,"ti`);

    await journal.append({ ...line, type: 'record' });

    expect((await journal.read()).map((entry) => [entry.seq, entry.type])).toEqual([
      [1, 'run'],
      [2, 'other'],
      [3, 'record'],
    ]);
    await journal.close();
  });

  it('refuses a file in which a whole line is no journal line, and names the line', async () => {
    await mkdir(join(directory, 'cluster'), { recursive: true });
    await writeFile(file(), `${JSON.stringify({ seq: 1, ...line })}\nnot json\n`);

    await expect(openFileJournal(directory, 'cluster', 'move')).rejects.toMatchObject({ code: 'invalid-file', target: `${file()}:2` });
  });

  it.skipIf(process.platform !== 'linux')('throws when the disk is full, naming the path', async () => {
    await mkdir(join(directory, 'cluster'), { recursive: true });
    await symlink('/dev/full', file());
    const journal = await openFileJournal(directory, 'cluster', 'move');

    await expect(journal.append(line)).rejects.toMatchObject({ code: 'usage', target: file(), message: expect.stringContaining('disk is full') as string });
    await journal.close();
  });

  it('throws when the directory cannot be made, naming the path', async () => {
    await writeFile(directory, 'a file, not a directory');

    await expect(openFileJournal(directory, 'cluster', 'move')).rejects.toMatchObject({ code: 'usage', target: file() });
  });

  it.each(['../escape', 'a/b', '', '.hidden'])('refuses %j as the name of a run', async (run) => {
    await expect(openFileJournal(directory, 'cluster', run)).rejects.toMatchObject({ code: 'usage' });
  });
});
