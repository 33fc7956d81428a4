import { hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../adapters/system-clock.ts';
import type { Wiring } from '../cli/wiring.ts';
import { programVersion } from './program-version.ts';
import type { Terminal } from './terminal.ts';

/** The real world for the commands. Adapters are loaded when they are first asked for: the help stays fast. */
export function createWiring(terminal: Terminal): Wiring {
  const { env } = process;
  return {
    ...terminal,
    version: programVersion,
    env,
    clock: systemClock,
    user: `${userName()}@${hostname()}`,
    directoryOf: (path) => (path === '-' ? process.cwd() : dirname(resolve(path))),
    readTextFile: async (path, maxBytes) => (await import('./text-files.ts')).readTextFile(path, maxBytes),
    writeTextFile: async (path, text, options) => (await import('./text-files.ts')).writeTextFile(path, text, options),
    readManifestFiles: async (paths) => (await import('./manifest-files.ts')).readManifestFiles(paths),
    openManifests: async () => (await import('../adapters/yaml/edit-yaml.ts')).readManifests,
    parseYaml: async (text, file) => (await import('../adapters/yaml/parse-yaml.ts')).parseYamlDocument(text, file),
    formatYaml: async (value) => (await import('../adapters/yaml/parse-yaml.ts')).formatYaml(value),
    openCluster: async (connection) => (await import('../adapters/kube/open-cluster.ts')).openCluster({ ...connection, env, clock: systemClock }),
    openImages: async (placed) => (await import('./open-images.ts')).openImages(placed),
    openEngine: async (cluster, placed) => (await import('./open-engine.ts')).openEngine(cluster, placed),
    probeJournal: async () => (await import('./open-engine.ts')).probeJournals(),
    openTraceStore: async (cluster, policy) => (await import('./open-trace-store.ts')).openTraceStore(cluster, policy),
    openTopologySource: async (url) => (await import('../adapters/skywalking/open-skywalking.ts')).openSkywalking(url),
    openTee: async () => (await import('./open-tee.ts')).openTee,
    openRehearsal: async (options) => (await import('./open-rehearsal.ts')).openRehearsal(options),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? `uid ${process.getuid?.() ?? 'unknown'}`; // a container may run as a user without a name
  }
}
