import { homedir } from 'node:os';
import { join } from 'node:path';
import { openFileCache } from '../adapters/files/file-cache.ts';
import { readAgentFiles } from '../adapters/files/read-agent-files.ts';
import { readPolicyFiles } from '../adapters/files/read-policy-files.ts';
import { runCommand } from '../adapters/process/run-command.ts';
import { openLayerReader } from '../adapters/registry/layer-reader.ts';
import { openRegistry } from '../adapters/registry/open-registry.ts';
import type { PullSecrets } from '../adapters/registry/pull-secrets.ts';
import type { RegistryClientOptions } from '../adapters/registry/registry-client.ts';
import { rememberAbilities } from '../adapters/registry/remember-abilities.ts';
import { rememberConfigs } from '../adapters/registry/remember-configs.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { AgentFiles } from '../app/agent-files.ts';
import type { OpenImages, PlacedPolicy } from '../cli/wiring.ts';
import { bridgeJar } from './bridge-jar.ts';

/** Registry, layer cache and the new agent's files: what images need. `secrets` reads from the cluster, where there is one. */
export function openImages(placed: PlacedPolicy | undefined, secrets?: PullSecrets): OpenImages {
  const { env } = process;
  const directory = placed?.directory ?? process.cwd();
  const cache = openFileCache(ownFolder(env['XDG_CACHE_HOME'], '.cache'));
  const opened = openRegistry({ ...registryOptions(placed), ...(secrets ? { secrets } : {}) });
  const registry = { ...opened, config: rememberConfigs(opened, cache), probe: rememberAbilities({ registry: opened, cache, clock: systemClock }) };
  const bridge = placed?.policy.to.bridge ? { bridge: bridgeJar } : {};
  let agentFiles: Promise<AgentFiles> | undefined;
  let policyFiles: ReturnType<typeof readPolicyFiles> | undefined;
  return {
    ports: {
      registry,
      layers: openLayerReader(registry, cache),
      clock: systemClock,
      agentFiles: () =>
        (agentFiles ??= readAgentFiles(placed?.policy.to.files ?? { kind: 'none' }, {
          directory,
          registry,
          cache,
          extensions: placed?.policy.to.extensions ?? [],
          ...bridge,
        })),
      runCommand,
      policyFiles: () => (policyFiles ??= readPolicyFiles(placed?.policy.image.files ?? {}, directory)),
    },
    close: () => registry.close(),
  };
}

/** How registries are spoken to, by the policy's `registries`. */
export function registryOptions(placed: PlacedPolicy | undefined): RegistryClientOptions {
  const { env } = process;
  return { settings: placed?.policy.registries ?? {}, directory: placed?.directory ?? process.cwd(), env, clock: systemClock };
}

/** `changeover` below an XDG base directory; a relative or empty variable counts as unset, as that specification asks. */
export function ownFolder(base: string | undefined, otherwise: string): string {
  return join(base?.startsWith('/') ? base : join(homedir(), otherwise), 'changeover');
}
