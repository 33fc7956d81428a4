import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openFileJournal } from '../adapters/journal/file-journal.ts';
import { probeJournal } from '../adapters/journal/probe-journal.ts';
import type { OpenEngine, PlacedPolicy } from '../cli/wiring.ts';
import type { Cluster } from '../ports/cluster.ts';
import { openImages, ownFolder } from './open-images.ts';
import { openTraceStore } from './open-trace-store.ts';

/** Registry, layer cache, journal, trace store and the new agent's files around an open cluster. */
export function openEngine(cluster: Cluster, placed: PlacedPolicy | undefined): OpenEngine {
  const images = openImages(placed);
  return {
    ports: {
      ...images.ports,
      cluster,
      traces: placed && openTraceStore(cluster, placed.policy),
      journal: (clusterId, run) => openFileJournal(journalFolder(), clusterId, run),
      identity: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    },
    close: () => images.close(),
  };
}

/** Proves that journals can be written and returns their folder; throws `usage`. */
export function probeJournals(): Promise<string> {
  return probeJournal(journalFolder());
}

function journalFolder(): string {
  return ownFolder(process.env['XDG_STATE_HOME'], '.local/state');
}
