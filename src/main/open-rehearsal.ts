import { setTimeout as realSleep } from 'node:timers/promises';
import { openLayerReader } from '../adapters/registry/layer-reader.ts';
import type { PortCall } from '../adapters/simulated/intercept.ts';
import { mortalPorts, type MortalPorts } from '../adapters/simulated/mortal-ports.ts';
import { sampleFleet, SAMPLE_SETTLE_MS } from '../adapters/simulated/sample-fleet.ts';
import { pushSampleImage, sampleAgentFiles } from '../adapters/simulated/sample-images.ts';
import { createSimulatedJournals } from '../adapters/simulated/simulated-journal.ts';
import { openSimulatedRegistry } from '../adapters/simulated/simulated-registry.ts';
import { simulatedWorld } from '../adapters/simulated/simulated-world.ts';
import { VirtualClock } from '../adapters/simulated/virtual-clock.ts';
import type { EnginePorts } from '../app/ports.ts';
import type { Rehearsal } from '../cli/rehearsal.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { Cluster } from '../ports/cluster.ts';

/** Virtual milliseconds per real one: a run of the sample fleet then takes about five seconds. */
const SPEED_UP = 480;

/** Builds the world of a seed and lets its fleet start; time runs at a pace people can follow only when `paced`. */
export async function openRehearsal(options: { readonly seed: number; readonly paced: boolean }): Promise<Rehearsal> {
  const { seed, paced } = options;
  const clock = new VirtualClock();
  const registry = openSimulatedRegistry();
  const fleet = sampleFleet(seed);
  for (const image of fleet.images) await pushSampleImage(registry, image.reference, image.stack);
  const world = simulatedWorld({ clock, registry, scripts: fleet.scripts, mutatePod: fleet.mutatePod });
  for (const object of fleet.objects) await world.connect().create(object);
  await clock.sleep(SAMPLE_SETTLE_MS);
  if (paced) clock.setPace(SPEED_UP);

  const cached = new Map<string, Uint8Array>();
  const reader = openLayerReader(registry, { get: async (key) => cached.get(key), put: async (key, bytes) => void cached.set(key, bytes) });
  const journal = createSimulatedJournals();
  const agent = sampleAgentFiles();
  let engines = 0;
  const makePorts = (): EnginePorts => ({
    cluster: world.connect({ user: 'rehearsal' }),
    registry,
    layers: { read: (...args) => clock.hold(reader.read(...args)) },
    clock,
    agentFiles: async () => agent,
    policyFiles: async () => ({}),
    runCommand: async () => ({ exitCode: 0, timedOut: false, output: '' }),
    traces: world.traffic,
    journal,
    identity: `rehearsal-${(engines += 1)}`,
  });
  return {
    placed: { policy: parsePolicy(fleet.policy, { file: "the rehearsal's policy", position: () => undefined }), directory: '/' },
    clock,
    openEngine: ({ diesAfter } = {}) => {
      const engine: MortalPorts<EnginePorts> = mortalPorts(makePorts(), {
        after: (call) => {
          if (isChange(call) && (changes += 1) === diesAfter) engine.kill();
        },
      });
      let changes = 0;
      return { ports: engine.ports, died: engine.killed, kill: () => engine.kill() };
    },
    linger: (ms) => (paced ? realSleep(ms) : Promise.resolve()),
  };
}

/** Whether a call is a patch that changes what a workload runs. */
function isChange({ port, method, args }: PortCall): boolean {
  if (port !== 'cluster' || method !== 'patch') return false;
  const [, ops] = args as Parameters<Cluster['patch']>;
  return ops.some((op) => op.op === 'replace' && op.path.endsWith('/image'));
}
