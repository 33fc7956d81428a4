import { assertNever } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { podSpec } from '../../core/workload/pod-template.ts';
import type { PodScript, ScriptBook, ScriptedContainer } from './pod-script.ts';
import { seededRandom, type Random } from './random.ts';
import { SAMPLE_JARS, type SampleStack } from './sample-images.ts';

/** What is odd about a workload of the sample fleet. */
export type Oddity = 'opentelemetry' | 'zero' | 'unhealthy' | 'argo-cd' | 'no-jvm' | 'crashes' | 'slow' | 'pull-trouble';

interface SampleService {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly stack: SampleStack;
  readonly oddity?: Oddity;
}

/** A fleet to rehearse with: what to create, which images it needs, how its pods behave, and the policy to move it by. */
export interface SampleFleet {
  readonly objects: readonly KubeObject[];
  readonly images: readonly { readonly reference: string; readonly stack: SampleStack }[];
  readonly scripts: ScriptBook;
  readonly mutatePod: (pod: KubeObject, namespace: KubeObject) => KubeObject;
  /** As a policy file would say it. */
  readonly policy: JsonObject;
}

const REGISTRY = 'registry.example.com';
const SIDECAR_IMAGE = `${REGISTRY}/istio/proxyv2:1.24.1`;
/** Time until every pod of the fleet that will ever be Ready is. Milliseconds. */
export const SAMPLE_SETTLE_MS = 300_000;

const services = {
  accounts: ['consent', 'login', 'loyalty', 'notifications', 'preferences', 'profile', 'sessions'],
  logistics: ['carriers', 'labels', 'returns', 'routing', 'shipping', 'tracking', 'warehouse'],
  payments: ['gateway', 'invoices', 'ledger', 'payouts', 'refunds', 'risk', 'settlement'],
  search: ['indexer', 'query', 'ranking', 'suggest', 'synonyms'],
  shop: ['cart', 'catalog', 'checkout', 'coupons', 'orders', 'pricing', 'promotions', 'reviews', 'storefront', 'wishlist'],
  tools: ['admin-console', 'job-runner', 'log-viewer', 'report-builder'],
} as const;

/** Builds the fleet of a seed: the same seed is the same fleet. */
export function sampleFleet(seed: number): SampleFleet {
  const fleet = makeServices(seededRandom(seed));
  const byKey = new Map(fleet.map((service) => [`${service.namespace}/${service.name}`, service]));
  const namespaces = Object.keys(services).map(namespaceObject);
  return {
    objects: [...namespaces, ...fleet.map(deploymentObject)],
    images: [...fleet.map((service) => ({ reference: imageOf(service), stack: service.stack })), { reference: SIDECAR_IMAGE, stack: 'no-jvm' }],
    scripts: ({ metadata }, container) => {
      const service = byKey.get(`${metadata.namespace}/${metadata.labels?.['app']}`);
      return service && container?.name === service.name ? scriptOf(service, container) : { startMs: 300, readyMs: 700 };
    },
    mutatePod: injectSidecar,
    policy: policyDocument(),
  };
}

function makeServices(random: Random): readonly SampleService[] {
  const oddities = chooseOddities(random);
  return Object.entries(services).flatMap(([namespace, names]) =>
    names.map((name): SampleService => {
      const oddity = oddities.get(`${namespace}/${name}`);
      const spring = random.next() < 0.2 ? 'spring-skywalking' : 'tomcat-skywalking';
      const stack = oddity === 'opentelemetry' ? 'tomcat-opentelemetry' : oddity === 'no-jvm' ? 'no-jvm' : spring;
      const replicas = random.pick([1, 2, 2, 3]);
      return { namespace, name, stack, replicas: oddity === 'zero' ? 0 : replicas, ...(oddity ? { oddity } : {}) };
    }),
  );
}

/** Each oddity finds its service by chance; the crash comes late enough that the run is under way when it happens. */
function chooseOddities(random: Random): ReadonlyMap<string, Oddity> {
  const free = new Set(Object.entries(services).flatMap(([namespace, names]) => (namespace === 'tools' ? [] : names.map((name) => `${namespace}/${name}`))));
  const chosen = new Map<string, Oddity>([['shop/storefront', 'no-jvm']]);
  free.delete('shop/storefront');
  const place = (oddity: Oddity, within: string): void => {
    const [first = '', ...rest] = [...free].filter((key) => key.startsWith(within));
    const key = random.pick([first, ...rest]);
    free.delete(key);
    chosen.set(key, oddity);
  };
  place('crashes', 'logistics/');
  place('pull-trouble', 'payments/');
  place('slow', 'shop/');
  for (const oddity of ['argo-cd', 'unhealthy', 'zero', 'zero', 'opentelemetry', 'opentelemetry', 'opentelemetry', 'opentelemetry'] as const) place(oddity, '');
  return chosen;
}

function scriptOf(service: SampleService, container: ScriptedContainer): PodScript {
  const ours = container.image !== imageOf(service);
  const readyMs = 8_000 + (service.name.length % 5) * 2_000;
  switch (service.oddity) {
    case 'unhealthy':
      return { readyMs: 'never' };
    case 'slow':
      return { readyMs: 90_000 };
    case 'pull-trouble':
      return { readyMs, ...(ours ? { pullError: { message: 'pull QPS exceeded', forMs: 45_000 } } : {}) };
    case 'crashes':
      return ours && container.agent === 'opentelemetry' ? { readyMs, crashAtMs: 6_000, exitCode: 1, lastWords: crashWords(service) } : { readyMs };
    default:
      return { readyMs };
  }
}

/** A service that used internals of the old agent, which its jar brought along. */
function crashWords({ namespace, name }: SampleService): readonly string[] {
  return [
    'Exception in thread "main" java.lang.NoClassDefFoundError: org/apache/skywalking/apm/agent/core/context/ContextManager',
    `\tat com.example.${namespace}.${name}.TraceIdFilter.<clinit>(TraceIdFilter.java:31)`,
    `\tat com.example.${namespace}.${name}.Application.main(Application.java:18)`,
  ];
}

function imageOf(service: SampleService): string {
  return `${REGISTRY}/${service.namespace}/${service.name}:${1 + (service.name.length % 4)}.${service.replicas}.0`;
}

function namespaceObject(name: string): KubeObject {
  const labels = { 'kubernetes.io/metadata.name': name, ...(name === 'tools' ? {} : { 'istio-injection': 'enabled' }) };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function deploymentObject(service: SampleService): KubeObject {
  const { namespace, name, replicas, oddity } = service;
  const labels = { app: name };
  const container = { name, image: imageOf(service), ports: [{ containerPort: 8080 }], ...envOf(service) };
  const annotations = oddity === 'argo-cd' ? { 'argocd.argoproj.io/tracking-id': `${namespace}:apps/Deployment:${namespace}/${name}` } : {};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { ...labels, team: `team-${namespace}` }, annotations },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
  };
}

function envOf(service: SampleService): { readonly env?: readonly { readonly name: string; readonly value: string }[] } {
  const backend = 'oap.observability:11800';
  switch (service.stack) {
    case 'tomcat-skywalking': {
      const skywalking = `-javaagent:${SAMPLE_JARS.skywalking} -Dskywalking.agent.service_name=${service.name} -Dskywalking.collector.backend_service=${backend}`;
      return {
        env: [
          { name: 'TZ', value: 'UTC' },
          { name: 'CATALINA_OPTS', value: `-Xms512m -Xmx512m ${skywalking}` },
        ],
      };
    }
    case 'spring-skywalking':
      return {
        env: [
          { name: 'SW_AGENT_NAME', value: service.name },
          { name: 'SW_AGENT_COLLECTOR_BACKEND_SERVICES', value: backend },
        ],
      };
    case 'tomcat-opentelemetry':
      return { env: [{ name: 'OTEL_SERVICE_NAME', value: service.name }] };
    case 'no-jvm':
      return {};
    default:
      return assertNever(service.stack);
  }
}

/** What a mesh does to pods of namespaces that ask for it: a container, or in `accounts` a native sidecar. */
function injectSidecar(pod: KubeObject, namespace: KubeObject): KubeObject {
  if (namespace.metadata.labels?.['istio-injection'] !== 'enabled') return pod;
  const spec = podSpec(pod);
  const sidecar = { name: 'istio-proxy', image: SIDECAR_IMAGE };
  if (namespace.metadata.name === 'accounts') return { ...pod, spec: { ...spec, initContainers: [{ ...sidecar, restartPolicy: 'Always' }] } };
  return { ...pod, spec: { ...spec, containers: [...(Array.isArray(spec['containers']) ? spec['containers'] : []), sidecar] } };
}

function policyDocument(): JsonObject {
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Changeover',
    metadata: { name: 'rehearsal' },
    spec: {
      select: { namespaces: Object.keys(services), requireSidecar: ['istio-proxy'] },
      from: { agent: 'skywalking' },
      to: {
        agent: 'opentelemetry',
        files: { image: `${REGISTRY}/agents/otel-java:2.33.1` },
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel-collector.observability:4317' },
      },
      owners: { label: 'team' },
    },
  };
}
