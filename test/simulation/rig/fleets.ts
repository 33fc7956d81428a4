import { openLayerReader } from '../../../src/adapters/registry/layer-reader.ts';
import type { PodScript } from '../../../src/adapters/simulated/pod-script.ts';
import { seededRandom, type Random } from '../../../src/adapters/simulated/random.ts';
import { pushSampleImage, sampleAgentJar, SAMPLE_JARS } from '../../../src/adapters/simulated/sample-images.ts';
import { openSimulatedRegistry } from '../../../src/adapters/simulated/simulated-registry.ts';
import { simulatedWorld, type SimulatedWorld } from '../../../src/adapters/simulated/simulated-world.ts';
import { VirtualClock } from '../../../src/adapters/simulated/virtual-clock.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { containers, podSpec } from '../../../src/core/workload/pod-template.ts';
import type { KubeObject } from '../../../src/core/workload/kube-object.ts';
import type { LayerReader } from '../../../src/ports/layer-reader.ts';
import type { Registry } from '../../../src/ports/registry.ts';

/** Fleets that seeds draw from; each is planned, and run once without a fault, per process. */
export const FLEETS = 24;
export const STATE_NAMESPACE = 'changeover';
export const SOAK_MS = 10_000;
const HOST = 'registry.example.com';

/** One service of a simulated fleet. */
export interface Service {
  readonly name: string;
  readonly replicas: number;
  /** What its pods do once they run the new image. */
  readonly after: PodScript;
  readonly container: JsonObject;
  readonly annotations?: { readonly [key: string]: string };
}

/** A fleet as its number describes it: at least six services in at least two batches. */
export interface Fleet {
  readonly number: number;
  readonly services: readonly Service[];
  readonly policy: JsonObject;
  readonly registry: Registry;
  readonly layers: LayerReader;
}

/** Describes a fleet and fills its registry. The registry outlives worlds: images are content, no world changes them. */
export async function describeFleet(number: number): Promise<Fleet> {
  const random = seededRandom(9_000 + number);
  const names = ['audit', 'billing', 'cart', 'delivery', 'exports', 'feed'];
  const services = names.map((name) => describeService(name, random));
  const registry = openSimulatedRegistry();
  for (const { name } of services) {
    for (const tag of ['1', '2']) await pushSampleImage(registry, imageOf(name, tag), 'tomcat-skywalking');
  }
  const cache = new Map<string, Uint8Array>();
  const layers = openLayerReader(registry, { get: async (key) => cache.get(key), put: async (key, bytes) => void cache.set(key, bytes) });
  return { number, services, policy: describePolicy(random), registry, layers };
}

/** A world with the fleet running in it, a minute old. */
export async function openWorld(fleet: Fleet): Promise<SimulatedWorld> {
  const clock = new VirtualClock();
  const { registry, layers, services } = fleet;
  const world = simulatedWorld({ clock, registry, layers, scripts: (pod) => scriptOf(pod, services) });
  const admin = world.connect();
  for (const name of ['shop', STATE_NAMESPACE]) await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const service of services) await admin.create(deploymentOf(service));
  await clock.sleep(60_000);
  return world;
}

/** The new agent's files, as the policy's `to.files` would bring them. */
export const agentFiles = { version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] };

/** The image a service runs before us (`1`), or after its team's next release (`2`). */
export function imageOf(name: string, tag = '1'): string {
  return `${HOST}/shop/${name}:${tag}`;
}

function describeService(name: string, random: Random): Service {
  const after = random.next() < 0.6 ? {} : random.pick<PodScript>(BEHAVIOURS);
  const options = `-Xmx512m -javaagent:${SAMPLE_JARS.skywalking} -Dskywalking.agent.service_name=${name} -Dskywalking.collector.backend_service=oap:11800`;
  const others = random.next() < 0.5 ? [{ name: 'STAGE', value: 'production' }] : [];
  const container = { name, image: imageOf(name), env: [...others, { name: 'CATALINA_OPTS', value: options }] };
  const annotations = random.next() < 0.5 ? { annotations: { 'example.com/team': name } } : {};
  return { name, replicas: random.pick([1, 1, 2, 2, 3]), after, container, ...annotations };
}

/** Each leads to the same end whenever an engine looks: nothing here is over before it is seen. */
const BEHAVIOURS: readonly [PodScript, ...PodScript[]] = [
  { crashAtMs: 1_500 },
  { crashAtMs: 8_000 },
  { crashAtMs: 5_000, exitCode: 137, reason: 'OOMKilled' },
  { pullError: { message: 'manifest unknown: not found' } },
  { pullError: { message: 'pull QPS exceeded', forMs: 15_000 } },
  { unschedulableMs: 20_000 },
  { flapAtMs: 6_000, flaps: 1 },
  { readyMs: 15_000 },
  { refused: 'exceeded quota: compute' },
  { noProof: true },
];

function describePolicy(random: Random): JsonObject {
  const maxFailures = random.pick([0, 1, 5]);
  const delivery = random.next() < 0.3 ? { delivery: 'image' } : {};
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'simulation' },
    spec: {
      select: { namespaces: ['shop'] },
      to: { files: { image: `${HOST}/agents/otel-java:2.33.1` }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } },
      rollout: { soak: `${SOAK_MS / 1000}s`, maxFailures, waves: random.pick([[1, 3], [2, 3], [3]]), batchSize: 3 },
      ...delivery,
    },
  };
}

function scriptOf(pod: KubeObject, services: readonly Service[]): PodScript {
  const service = services.find((each) => each.name === pod.metadata.labels?.['app']);
  const image = containers(podSpec(pod))[0]?.image ?? '';
  const isOurs = service !== undefined && image !== imageOf(service.name) && image !== imageOf(service.name, '2');
  return { readyMs: 3_000, ...(isOurs ? service.after : {}) };
}

function deploymentOf({ name, replicas, container, annotations }: Service): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', ...(annotations ? { annotations } : {}) },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels, ...(annotations ? { annotations } : {}) }, spec: { containers: [container] } },
    },
  };
}
