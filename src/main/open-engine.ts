import { randomBytes } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { openFileCache } from '../adapters/files/file-cache.ts';
import { readAgentFiles } from '../adapters/files/read-agent-files.ts';
import { readPolicyFiles } from '../adapters/files/read-policy-files.ts';
import { openFileJournal } from '../adapters/journal/file-journal.ts';
import { openLayerReader } from '../adapters/registry/layer-reader.ts';
import { openRegistry } from '../adapters/registry/open-registry.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { AgentFiles } from '../app/agent-files.ts';
import type { OpenEngine, PlacedPolicy } from '../cli/wiring.ts';
import type { Cluster } from '../ports/cluster.ts';

/** Registry, layer cache, journal and the new agent's files around an open cluster. */
export function openEngine(cluster: Cluster, placed: PlacedPolicy | undefined): OpenEngine {
  const { env } = process;
  const directory = placed?.directory ?? process.cwd();
  const registry = openRegistry({ settings: placed?.policy.registries ?? {}, directory, env, clock: systemClock });
  const cache = openFileCache(folder(env['XDG_CACHE_HOME'], '.cache'));
  const journals = folder(env['XDG_STATE_HOME'], '.local/state');
  let files: Promise<AgentFiles> | undefined;
  let policyFiles: ReturnType<typeof readPolicyFiles> | undefined;
  return {
    ports: {
      cluster,
      registry,
      layers: openLayerReader(registry, cache),
      clock: systemClock,
      agentFiles: () => (files ??= readAgentFiles(placed?.policy.to.files ?? { kind: 'none' }, { directory, registry, cache })),
      policyFiles: () => (policyFiles ??= readPolicyFiles(placed?.policy.image.files ?? {}, directory)),
      journal: (clusterId, run) => openFileJournal(journals, clusterId, run),
      identity: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    },
    close: () => registry.close(),
  };
}

/** `changeover` below an XDG base directory; a relative or empty variable counts as unset, as that specification asks. */
function folder(base: string | undefined, otherwise: string): string {
  return join(base?.startsWith('/') ? base : join(homedir(), otherwise), 'changeover');
}
