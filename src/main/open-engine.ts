import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openReleaseGate } from '../adapters/http/open-release-gate.ts';
import { webhookNotifier } from '../adapters/http/webhook-notifier.ts';
import { openFileJournal } from '../adapters/journal/file-journal.ts';
import { probeJournal } from '../adapters/journal/probe-journal.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { OpenEngine, PlacedPolicy } from '../cli/wiring.ts';
import type { Cluster } from '../ports/cluster.ts';
import { openRegistry } from '../adapters/registry/open-registry.ts';
import type { PullSecret, ReadPullSecret } from '../adapters/registry/pull-secrets.ts';
import { refTo, resources } from '../app/resources.ts';
import { openImages, ownFolder, registryOptions } from './open-images.ts';
import { openTraceStore } from './open-trace-store.ts';

/** Registry, layer cache, journal, trace store and the new agent's files around an open cluster. */
export function openEngine(cluster: Cluster, placed: PlacedPolicy | undefined): OpenEngine {
  const read = readSecret(cluster);
  const images = openImages(placed, { read });
  return {
    ports: {
      ...images.ports,
      cluster,
      pullAs: (names) => openRegistry({ ...registryOptions(placed), secrets: { read, names } }),
      notifier: webhookNotifier(process.env, systemClock),
      releaseGate: openReleaseGate(),
      traces: placed && openTraceStore(cluster, placed.policy),
      journal: (clusterId, run) => openFileJournal(journalFolder(), clusterId, run),
      identity: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    },
    close: () => images.close(),
  };
}

/** Reads one Secret. Only those that the policy, or the pods themselves, name for a registry are asked for. */
function readSecret(cluster: Cluster): ReadPullSecret {
  return async ({ namespace, name }, signal) => (await cluster.get(refTo(resources.secret, namespace, name), signal)) as PullSecret | undefined;
}

/** Proves that journals can be written and returns their folder; throws `usage`. */
export function probeJournals(): Promise<string> {
  return probeJournal(journalFolder());
}

function journalFolder(): string {
  return ownFolder(process.env['XDG_STATE_HOME'], '.local/state');
}
