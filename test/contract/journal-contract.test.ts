import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileJournal } from '../../src/adapters/journal/file-journal.ts';
import { createSimulatedJournals } from '../../src/adapters/simulated/simulated-journal.ts';
import { describeJournal } from './journal-contract.ts';

describeJournal('the journal in a file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'changeover-journal-'));
  return (clusterId, run) => openFileJournal(directory, clusterId, run);
});

describeJournal('the simulated journal', async () => createSimulatedJournals());
