import { performance } from 'node:perf_hooks';
import { openLayerReader } from '../src/adapters/registry/layer-reader.ts';
import { pushSampleImage, sampleAgentFiles } from '../src/adapters/simulated/sample-images.ts';
import { openSimulatedRegistry } from '../src/adapters/simulated/simulated-registry.ts';
import { VirtualClock } from '../src/adapters/simulated/virtual-clock.ts';
import { makePlan } from '../src/app/make-plan.ts';
import { parseImageReference } from '../src/core/image/reference.ts';
import { parsePolicy } from '../src/core/policy/parse-policy.ts';
import type { KubeObject } from '../src/core/workload/kube-object.ts';
import type { Cache } from '../src/ports/cache.ts';
import type { Cluster } from '../src/ports/cluster.ts';
import type { Registry } from '../src/ports/registry.ts';
import { storeFleet } from './fleet-snapshot.ts';

/** A process of its own: its peak memory is that of the plan and of the fleet it is made from. Prints one JSON object. */
const [deployments = 5000, images = 300] = process.argv.slice(2).map(Number);

const registry = openSimulatedRegistry();
const references = Array.from({ length: images }, (_, index) => `registry.example.com/team-${index % 20}/app-${index}:1.0`);
for (const reference of references) await pushSampleImage(registry, reference, 'spring-skywalking');
const digests = await Promise.all(references.map((reference) => digestOf(registry, reference)));
const services = Array.from({ length: deployments }, (_, index) => ({
  namespace: `team-${index % 20}`,
  name: `service-${index}`,
  image: references[index % images] ?? '',
  digest: digests[index % images] ?? '',
}));

const clock = new VirtualClock();
const policy = parsePolicy(
  {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'bench' },
    spec: { to: { files: { path: 'agent.jar' }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4317' } } },
  },
  { file: 'policy', position: () => undefined },
);
const ports = {
  cluster: snapshotCluster(new Map(Object.entries(storeFleet(services)))),
  registry,
  layers: openLayerReader(registry, memoryCache()),
  clock,
  agentFiles: async () => sampleAgentFiles(),
  policyFiles: async () => ({}),
};
const [start, cpu] = [performance.now(), process.cpuUsage()];
const plan = await makePlan(ports, { policy, directory: '/', layerScan: true, allow: [] });
const planMs = Math.round(performance.now() - start);
const { user, system } = process.cpuUsage(cpu);
const cpuMs = Math.round((user + system) / 1000);
const migrate = plan.items.filter((item) => item.action === 'migrate').length;
const peakMemoryMiB = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ deployments, images, migrate, batches: plan.batches.length, planMs, cpuMs, peakMemoryMiB })}\n`);

async function digestOf(from: Registry, reference: string): Promise<string> {
  const { repository, tag = 'latest' } = parseImageReference(reference);
  const manifest = await from.manifest(repository, tag);
  if (!manifest) throw new Error(`no image ${reference}`);
  return manifest.digest;
}

/** A cluster that can be listed and nothing else. */
function snapshotCluster(texts: Map<string, readonly string[]>): Cluster {
  const known: Partial<Cluster> = {
    identity: async () => ({ id: 'snapshot', server: 'https://snapshot.invalid', version: 'v1.34.0', user: 'bench' }),
    list: async ({ resource }) => {
      const objects = (texts.get(resource.plural) ?? []).map((text) => JSON.parse(text) as KubeObject);
      // Listed once: what is stored is not the plan's memory.
      texts.delete(resource.plural);
      return objects;
    },
    get: async () => undefined,
  };
  return new Proxy(known as Cluster, {
    get(target, name, receiver) {
      if (!(name in target)) throw new Error(`a plan does not ask a cluster for ${String(name)}`);
      return Reflect.get(target, name, receiver);
    },
  });
}

function memoryCache(): Cache {
  const entries = new Map<string, Uint8Array>();
  return {
    get: async (key) => entries.get(key),
    put: async (key, bytes) => void entries.set(key, bytes),
  };
}
