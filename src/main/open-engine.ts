import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openFileJournal } from '../adapters/journal/file-journal.ts';
import type { OpenEngine, PlacedPolicy } from '../cli/wiring.ts';
import type { Cluster } from '../ports/cluster.ts';
import { openImages, ownFolder } from './open-images.ts';

/** Registry, layer cache, journal and the new agent's files around an open cluster. */
export function openEngine(cluster: Cluster, placed: PlacedPolicy | undefined): OpenEngine {
  const images = openImages(placed);
  const journals = ownFolder(process.env['XDG_STATE_HOME'], '.local/state');
  return {
    ports: {
      ...images.ports,
      cluster,
      journal: (clusterId, run) => openFileJournal(journals, clusterId, run),
      identity: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    },
    close: () => images.close(),
  };
}
