import { applyPlan } from '../../src/app/apply-plan.ts';
import type { RunResult } from '../../src/app/drive-run.ts';
import { makePlan } from '../../src/app/make-plan.ts';
import type { EnginePorts } from '../../src/app/ports.ts';
import { listRecords } from '../../src/app/state-store.ts';
import type { CallHooks } from '../../src/adapters/simulated/intercept.ts';
import { mortalPorts, type MortalPorts } from '../../src/adapters/simulated/mortal-ports.ts';
import type { PodScript, ScriptBook } from '../../src/adapters/simulated/pod-script.ts';
import { pushSampleImage, sampleAgentJar, SAMPLE_JARS, type SampleStack } from '../../src/adapters/simulated/sample-images.ts';
import { createSimulatedJournals } from '../../src/adapters/simulated/simulated-journal.ts';
import { openSimulatedRegistry } from '../../src/adapters/simulated/simulated-registry.ts';
import { simulatedWorld, type SimulatedWorld } from '../../src/adapters/simulated/simulated-world.ts';
import { VirtualClock } from '../../src/adapters/simulated/virtual-clock.ts';
import { openLayerReader } from '../../src/adapters/registry/layer-reader.ts';
import { PROBE_LABEL } from '../../src/core/boot/boot-pod.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { RunEvent } from '../../src/core/rollout/event.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import { containers, podSpec } from '../../src/core/workload/pod-template.ts';

export interface SimulatedService {
  readonly name: string;
  readonly replicas?: number;
  /** What its pods do once they run the new image. */
  readonly after?: PodScript;
  /** The same once they are real: a dry run has seen none of it. */
  readonly afterDryRun?: PodScript;
  /** Its image; a Tomcat with SkyWalking when left out. */
  readonly stack?: SampleStack;
  /** Members of its container, in place of the usual ones. */
  readonly container?: JsonObject;
  /** Members of its pod spec besides. */
  readonly pod?: JsonObject;
  /** Members of its metadata besides. */
  readonly metadata?: JsonObject;
  /** Makes another kind of workload of its Deployment. */
  readonly as?: (deployment: KubeObject) => KubeObject;
}

export interface SimulationOptions {
  readonly services: readonly SimulatedService[];
  /** `spec.rollout` of the policy. */
  readonly rollout?: JsonObject;
  /** Other members of the policy's `spec`. */
  readonly spec?: JsonObject;
  /** Layers are read for the plan unless `false`. */
  readonly layerScan?: boolean;
  /** What an admission webhook writes into any object that is patched; throws to refuse it. */
  readonly mutate?: (object: KubeObject) => KubeObject;
  /** What pods of boot probes do. */
  readonly probe?: PodScript;
  /** More objects of the cluster. */
  readonly objects?: readonly KubeObject[];
  /** Starts more controllers before the fleet is there. */
  readonly prepare?: (world: SimulatedWorld) => void;
}

/** A small fleet in a simulated world, its plan, and engines to run it with. */
export interface Simulation {
  readonly world: SimulatedWorld;
  readonly plan: Plan;
  readonly events: RunEvent[];
  openEngine(hooks?: CallHooks): MortalPorts<EnginePorts>;
  /** Applies the plan with a new engine; `died` when it was killed on the way. */
  apply(hooks?: (engine: () => MortalPorts<EnginePorts>) => CallHooks): Promise<RunResult | 'died'>;
  deployments(): readonly KubeObject[];
}

const STATE_NAMESPACE = 'changeover';
const REGISTRY = 'registry.example.com';

export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  const clock = new VirtualClock();
  const registry = openSimulatedRegistry();
  const scripts = scriptsOf(options);
  const world = simulatedWorld({ clock, registry, scripts, ...(options.mutate ? { mutate: options.mutate } : {}) });
  options.prepare?.(world);
  const admin = world.connect();
  for (const name of ['shop', STATE_NAMESPACE]) await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const service of options.services) {
    await pushSampleImage(registry, imageOf(service), service.stack ?? 'tomcat-skywalking');
    const object = deployment(service);
    await admin.create(service.as?.(object) ?? object);
  }
  for (const object of options.objects ?? []) await admin.create(object);
  await clock.sleep(60_000);
  const cache = new Map<string, Uint8Array>();
  const layers = openLayerReader(registry, { get: async (key) => cache.get(key), put: async (key, bytes) => void cache.set(key, bytes) });
  const journal = createSimulatedJournals();
  const agent = { version: '2.33.1', files: [{ path: 'agent/javaagent.jar', bytes: sampleAgentJar() }] };
  let engines = 0;
  const ports = (): EnginePorts => ({
    cluster: world.connect(),
    registry,
    layers: { read: (...args) => clock.hold(layers.read(...args)) },
    clock,
    agentFiles: async () => agent,
    policyFiles: async () => ({}),
    traces: world.traffic,
    journal,
    identity: `engine-${(engines += 1)}`,
  });
  const policy = parsePolicy(policyOf(options), { file: 'policy', position: () => undefined });
  const plan = await makePlan(ports(), { policy, directory: '/', layerScan: options.layerScan ?? true, allow: [] });
  const events: RunEvent[] = [];
  const openEngine = (hooks?: CallHooks): MortalPorts<EnginePorts> => mortalPorts(ports(), hooks);
  return {
    world,
    plan,
    events,
    openEngine,
    apply: async (hooks) => {
      const engine: MortalPorts<EnginePorts> = openEngine(hooks?.(() => engine));
      const never = new AbortController().signal;
      const running = applyPlan(engine.ports, plan, {
        stateNamespace: STATE_NAMESPACE,
        by: 'test',
        emit: (event) => events.push(event),
        stop: never,
        kill: never,
      });
      return Promise.race([running, engine.killed.then(() => 'died' as const)]);
    },
    deployments: () => world.store.list('apps/v1', 'Deployment'),
  };
}

/** What must be the same however a run came to its end: specs, what we left on the objects, and every record's state. */
export async function endOf(simulation: Simulation): Promise<JsonObject> {
  const records = await listRecords(simulation.world.connect(), STATE_NAMESPACE, simulation.plan.name);
  const objects = simulation.deployments().map((object) => {
    const { 'changeover.dev/marker': marker, 'changeover.dev/outcome': outcome, ...annotations } = object.metadata.annotations ?? {};
    return { name: object.metadata.name, spec: object['spec'] ?? null, annotations, marker: timeless(marker), outcome: timeless(outcome) };
  });
  return { objects, records: Object.fromEntries(records.map(({ value }) => [value.item.id, value.state])) };
}

/** Applies until the run has ended by itself, whatever ends single engines. */
export async function applyToTheEnd(simulation: Simulation): Promise<RunResult> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const result = await simulation.apply();
    if (result !== 'died') return result;
  }
  throw new Error('the run does not end');
}

function timeless(annotation: string | undefined): JsonObject | null {
  if (annotation === undefined) return null;
  const { at: _at, epoch: _epoch, ...rest } = JSON.parse(annotation) as JsonObject;
  return rest;
}

function scriptsOf({ services, probe }: SimulationOptions): ScriptBook {
  return (pod) => {
    if (pod.metadata.labels?.[PROBE_LABEL] !== undefined) return probe ?? {};
    const service = services.find((each) => each.name === pod.metadata.labels?.['app']);
    const isNew = service && containers(podSpec(pod))[0]?.image !== imageOf(service);
    return { readyMs: 3_000, ...(isNew ? service.after : {}), ...(isNew && pod.metadata.ownerReferences ? service.afterDryRun : {}) };
  };
}

function imageOf(service: SimulatedService): string {
  return `${REGISTRY}/shop/${service.name}:1`;
}

function deployment(service: SimulatedService): KubeObject {
  const labels = { app: service.name };
  const options = `-Xmx512m -javaagent:${SAMPLE_JARS.skywalking} -Dskywalking.agent.service_name=${service.name} -Dskywalking.collector.backend_service=oap:11800`;
  const container = { name: service.name, image: imageOf(service), env: [{ name: 'CATALINA_OPTS', value: options }], ...service.container };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service.name, namespace: 'shop', ...service.metadata },
    spec: {
      replicas: service.replicas ?? 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], ...service.pod } },
    },
  };
}

function policyOf({ rollout = {}, spec = {} }: SimulationOptions): JsonObject {
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'simulation' },
    spec: {
      select: { namespaces: ['shop'] },
      to: { files: { image: `${REGISTRY}/agents/otel-java:2.33.1` }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } },
      rollout: { soak: '20s', maxFailures: 5, ...rollout },
      ...spec,
    },
  };
}
