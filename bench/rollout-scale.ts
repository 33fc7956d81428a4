import { mortalPorts } from '../src/adapters/simulated/mortal-ports.ts';
import { openLayerReader } from '../src/adapters/registry/layer-reader.ts';
import { pushSampleImage, sampleAgentFiles, SAMPLE_JARS } from '../src/adapters/simulated/sample-images.ts';
import { createSimulatedJournals } from '../src/adapters/simulated/simulated-journal.ts';
import { openSimulatedRegistry } from '../src/adapters/simulated/simulated-registry.ts';
import { simulatedWorld } from '../src/adapters/simulated/simulated-world.ts';
import { VirtualClock } from '../src/adapters/simulated/virtual-clock.ts';
import { applyPlan } from '../src/app/apply-plan.ts';
import { makePlan } from '../src/app/make-plan.ts';
import type { EnginePorts } from '../src/app/ports.ts';
import { parsePolicy } from '../src/core/policy/parse-policy.ts';
import type { KubeObject } from '../src/core/workload/kube-object.ts';
import { rounded } from './measure.ts';

const PODS_EACH = 3;
const BATCH = 10;
const TARGET_REQUESTS = 12;
const SOAK_MS = 60_000;
/** Of the pods' own script: unschedulable never, pulled, started and Ready one after another. */
const READY_MS = 8_000;

/** A run over a large simulated fleet in virtual time: requests per workload, in flight, memory, time against the ideal schedule. */
export async function benchRolloutScale(): Promise<object> {
  const deployments = Number(process.env['CHANGEOVER_FLEET'] ?? 200);
  const clock = new VirtualClock();
  const registry = openSimulatedRegistry();
  const image = 'registry.example.com/shop/service:1';
  await pushSampleImage(registry, image, 'tomcat-skywalking');
  const cache = new Map<string, Uint8Array>();
  const layers = openLayerReader(registry, { get: async (key) => cache.get(key), put: async (key, bytes) => void cache.set(key, bytes) });
  const world = simulatedWorld({ clock, registry, layers, scripts: () => ({ readyMs: READY_MS }) });
  const admin = world.connect();
  for (const name of ['shop', 'changeover']) await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (let index = 0; index < deployments; index += 1) await admin.create(deployment(`service-${index}`, image));
  await clock.sleep(120_000);
  const agent = sampleAgentFiles();
  const ports: EnginePorts = {
    cluster: world.connect(),
    registry,
    layers: { read: (...args) => clock.hold(layers.read(...args)) },
    clock,
    agentFiles: async () => agent,
    policyFiles: async () => ({}),
    traces: world.traffic,
    journal: createSimulatedJournals(),
    identity: 'bench',
  };
  const policy = parsePolicy(policyOf(), { file: 'policy', position: () => undefined });
  const plan = await makePlan(ports, { policy, directory: '/', layerScan: true, allow: [] });
  return drive(ports, { plan, deployments, clock });
}

async function drive(
  ports: EnginePorts,
  of: { readonly plan: Awaited<ReturnType<typeof makePlan>>; readonly deployments: number; readonly clock: VirtualClock },
): Promise<object> {
  const { plan, deployments, clock } = of;
  const requests: Record<string, number> = {};
  let flying = 0;
  let most = 0;
  const memory: number[] = [];
  const counted = mortalPorts(ports, {
    before: ({ port, method, args }) => {
      if (port !== 'cluster') return;
      const [first] = args as readonly [{ readonly kind?: string; readonly resource?: { readonly kind: string } } | undefined];
      const what = `${method} ${first?.resource?.kind ?? first?.kind ?? ''}`.trim();
      requests[what] = (requests[what] ?? 0) + 1;
    },
  });
  const never = new AbortController().signal;
  const start = clock.now();
  const real = performance.now();
  const result = await applyPlan(counted.ports, plan, {
    stateNamespace: 'changeover',
    by: 'bench',
    stop: never,
    kill: never,
    emit: (event) => {
      if (event.type !== 'workload.state') return;
      if (event.to === 'APPLIED') most = Math.max(most, (flying += 1));
      if (event.to === 'SUCCEEDED') {
        flying -= 1;
        if (memory.length < deployments) memory.push(process.memoryUsage().rss);
      }
    },
  });
  const virtualMs = clock.now() - start;
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
  // Every pod in turn: scheduled, pulled, started, Ready; then the soak of the last one.
  const idealMs = plan.batches.length * (PODS_EACH * (200 + 1_500 + 500 + READY_MS) + SOAK_MS);
  const mib = (bytes: number): number => rounded(bytes / 2 ** 20);
  return {
    deployments,
    podsEach: PODS_EACH,
    migrated: result.status.counts['migrated'] ?? 0,
    batches: plan.batches.length,
    mostInFlight: most,
    limit: BATCH,
    requestsPerWorkload: rounded(total / deployments, 2),
    targetRequests: TARGET_REQUESTS,
    met: total / deployments <= TARGET_REQUESTS && most <= BATCH && virtualMs / idealMs <= 1.1,
    requests: Object.fromEntries(Object.entries(requests).map(([what, count]) => [what, rounded(count / deployments, 2)])),
    virtualMinutes: rounded(virtualMs / 60_000, 1),
    idealMinutes: rounded(idealMs / 60_000, 1),
    ratio: rounded(virtualMs / idealMs, 3),
    /** Of the process: the simulated cluster and the journal are in it as well. */
    memoryMiB: { first: mib(memory[0] ?? 0), last: mib(memory.at(-1) ?? 0) },
    realSeconds: rounded((performance.now() - real) / 1000, 1),
  };
}

function deployment(name: string, image: string): KubeObject {
  const labels = { app: name };
  const options = `-javaagent:${SAMPLE_JARS.skywalking} -Dskywalking.agent.service_name=${name} -Dskywalking.collector.backend_service=oap:11800`;
  const container = { name, image, env: [{ name: 'CATALINA_OPTS', value: options }] };
  const spec = { replicas: PODS_EACH, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' }, spec };
}

function policyOf(): Parameters<typeof parsePolicy>[0] {
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'scale' },
    spec: {
      select: { namespaces: ['shop'] },
      to: { files: { image: 'registry.example.com/agents/otel-java:2.33.1' }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } },
      rollout: { soak: `${SOAK_MS / 1000}s`, waves: [BATCH], batchSize: BATCH, canary: '0s', maxSurgePods: 30 },
    },
  };
}
