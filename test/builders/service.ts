import { finalPath } from '../../src/core/agents/agent-jar.ts';
import { buildAgentLayer } from '../../src/core/image/agent-layer.ts';
import type { ImageFacts } from '../../src/core/image/image-facts.ts';
import type { SourceImage } from '../../src/core/image/source-image.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { ConfigMaps } from '../../src/core/jvm/effective-env.ts';
import { effectiveOptions } from '../../src/core/jvm/effective-options.ts';
import type { DeliveryMode, PolicyFiles } from '../../src/core/plan/delivery.ts';
import { planChange, type ChangeContext, type ChangeSubject, type PlannedChange } from '../../src/core/plan/plan-change.ts';
import { parsePolicy } from '../../src/core/policy/parse-policy.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import { editContainer } from '../../src/core/workload/edit-container.ts';
import type { KubeObject } from '../../src/core/workload/kube-object.ts';
import type { Container, Workload } from '../../src/core/workload/workload.ts';
import { newImageFacts, sourceImage, type ImageSpec } from './image.ts';

/** The old agent's jar in the images below. */
export const SWJ = '/skywalking/agent/skywalking-agent.jar';
/** The new one. */
export const OTEL = '/changeover/agent/javaagent.jar';

/** The folder of a SkyWalking agent as its archive unpacks. */
export const agentFolder = {
  [SWJ]: 'PK skywalking',
  '/skywalking/agent/config/agent.config': 'agent.service_name=${SW_AGENT_NAME:Your_ApplicationName}\n',
  '/skywalking/agent/plugins/apm-tomcat-10x-plugin-9.4.0.jar': 'PK plugin',
  '/skywalking/agent/activations/apm-toolkit-trace-activation-9.4.0.jar': 'PK activation',
  '/skywalking/agent/LICENSE': 'a licence',
} as const satisfies ImageSpec['files'];

/** A Java 17 image with the agent in it, which `java` starts without a shell. */
export function javaImage(config: JsonObject = {}, files: ImageSpec['files'] = {}): ImageSpec {
  return {
    files: { '/opt/java/release': 'JAVA_VERSION="17.0.12"\n', '/bin/sh': 'a shell', '/app/app.jar': 'PK application', ...agentFolder, ...files },
    config: {
      Entrypoint: ['java', '-jar', '/app/app.jar'],
      WorkingDir: '/app',
      ...config,
      Env: ['JAVA_HOME=/opt/java', ...((config['Env'] as readonly string[] | undefined) ?? [])],
    },
  };
}

export interface ServiceSpec {
  readonly container?: Partial<Container>;
  readonly image?: ImageSpec | readonly [ImageSpec, ...ImageSpec[]];
  readonly configMaps?: ConfigMaps;
  /** `spec` of the policy. */
  readonly policy?: JsonObject;
  readonly files?: PolicyFiles;
}

/** `shop/orders` with one pod, and everything its change is planned from. */
export function service(spec: ServiceSpec = {}): { readonly subject: ChangeSubject; readonly context: ChangeContext } {
  const container: Container = {
    name: 'orders',
    image: 'registry.example.com/shop/orders:1.0',
    ...spec.container,
    env: [{ name: 'SW_AGENT_NAME', value: 'orders' }, ...(spec.container?.env ?? [])],
  };
  const images = spec.image ?? javaImage();
  const source: SourceImage = 'files' in images ? sourceImage(images) : sourceImage(...images);
  const policy = policyOf(spec.policy ?? {});
  const agentLayer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: new TextEncoder().encode('PK opentelemetry') }], policy.to.home);
  const subject = { workload: workloadOf(container), container, configMaps: spec.configMaps ?? {}, source };
  return { subject, context: { policy, agentLayer, agentVersion: '2.33.1', files: spec.files ?? {} } };
}

/** A workload of one container, with one pod of it. */
export function workloadOf(container: Container): Workload {
  const labels = { app: container.name };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const metadata = { name: 'orders', namespace: 'shop', uid: 'u1' };
  const object: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 1, selector: { matchLabels: labels }, template } };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orders-1', namespace: 'shop', uid: 'p1' }, spec: { containers: [container] } };
  return { id: 'shop/Deployment/orders', namespace: 'shop', kind: 'Deployment', name: 'orders', uid: 'u1', object, replicaSets: [], pods: [pod] };
}

/** The change of a service by one mode; throws with the finding where it is refused. */
export function changed(spec: ServiceSpec, mode: DeliveryMode = 'image'): PlannedChange {
  const { subject, context } = service(spec);
  const change = planChange(subject, context, mode);
  if (change.kind === 'refused') throw new Error(JSON.stringify(change.finding));
  return change;
}

/** The finding a mode is refused with. */
export function refusal(spec: ServiceSpec, mode: DeliveryMode = 'image'): { readonly id: string; readonly params: JsonObject } {
  const { subject, context } = service(spec);
  const change = planChange(subject, context, mode);
  if (change.kind === 'planned') throw new Error(`it is possible: ${JSON.stringify(change.edits)}`);
  return change.finding;
}

/** The container after the change. */
export function containerAfter(spec: ServiceSpec, change: PlannedChange): Container {
  return editContainer(service(spec).subject.container, change.edits);
}

/** The agents a pod starts by the files its flags lead to: `skywalking`, `opentelemetry`, or `missing`, at which a JVM ends at once. */
export function agentsStarted(image: ImageFacts, container: Container, configMaps: ConfigMaps = {}): readonly string[] {
  const { files } = image;
  if (!files) throw new Error('the image was not unpacked');
  const imageText = (path: string): string | undefined => files.text(finalPath(files, path) ?? '');
  const { options } = effectiveOptions({ container, image: image.config, imageText, envFrom: configMaps });
  const jars = options.flatMap((option) => /^-javaagent:([^=]+)/.exec(option.text)?.[1] ?? []);
  const names = jars.filter((jar) => jar === OTEL || jar.includes('skywalking')).map((jar) => nameOf(finalPath(files, jar)));
  return [...new Set(names)];
}

/** The new image's facts of a change. */
export function imageAfter(change: PlannedChange, platform = 0): ImageFacts {
  return newImageFacts(change.target, platform);
}

function nameOf(path: string | undefined): string {
  if (path === undefined) return 'missing';
  return path === OTEL ? 'opentelemetry' : 'skywalking';
}

function policyOf(spec: JsonObject): Policy {
  const to = { files: { path: 'agent.jar' }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' } };
  const document = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Changeover', metadata: { name: 'test' }, spec: { to, ...spec } };
  return parsePolicy(document, { file: 'policy', position: () => undefined });
}
