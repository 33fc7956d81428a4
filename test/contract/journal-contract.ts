import { describe, expect, it } from 'vitest';
import type { Journal, JournalEntry } from '../../src/ports/journal.ts';

const line = (type: string): Omit<JournalEntry, 'seq'> => ({
  time: '2026-11-24T10:00:00.000Z',
  run: 'move',
  type,
  data: { text: 'ümlaut\nand a line break', n: [1, null] },
});

/** What every Journal must do. `opener` makes a fresh place; opening the same run there again must continue it. */
export function describeJournal(name: string, opener: () => Promise<(clusterId: string, run: string) => Promise<Journal>>): void {
  describe(`${name} keeps the contract of Journal`, () => {
    it('is empty at first', async () => {
      const journal = await (await opener())('c1', 'move');

      expect(await journal.read()).toEqual([]);
      expect(journal.location).toContain('move');
      await journal.close();
    });

    it('returns each line with its number and reads all of them back in order', async () => {
      const journal = await (await opener())('c1', 'move');

      const first = await journal.append(line('run'));
      const second = await journal.append({ ...line('record'), workload: 'shop/Deployment/orders' });

      expect([first.seq, second.seq]).toEqual([1, 2]);
      expect(await journal.read()).toEqual([
        { seq: 1, ...line('run') },
        { seq: 2, ...line('record'), workload: 'shop/Deployment/orders' },
      ]);
      await journal.close();
    });

    it('numbers lines without gaps when many are appended at once', async () => {
      const journal = await (await opener())('c1', 'move');

      await Promise.all(Array.from({ length: 20 }, (_, index) => journal.append(line(`t${index}`))));

      const entries = await journal.read();
      expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(entries.map((entry) => entry.type)).toEqual(Array.from({ length: 20 }, (_, index) => `t${index}`));
      await journal.close();
    });

    it('continues the numbering after it is opened again', async () => {
      const open = await opener();
      const before = await open('c1', 'move');
      await before.append(line('run'));
      await before.close();

      const after = await open('c1', 'move');
      await after.append(line('record'));

      expect((await after.read()).map((entry) => [entry.seq, entry.type])).toEqual([
        [1, 'run'],
        [2, 'record'],
      ]);
      await after.close();
    });

    it('keeps runs and clusters apart', async () => {
      const open = await opener();
      const here = await open('c1', 'move');
      const run = await open('c1', 'other');
      const cluster = await open('c2', 'move');
      await here.append(line('run'));

      expect(await run.read()).toEqual([]);
      expect(await cluster.read()).toEqual([]);
      await Promise.all([here, run, cluster].map((journal) => journal.close()));
    });
  });
}
