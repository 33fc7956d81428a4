import { inspectJvm } from '../../lab/lab.ts';
import { getJson } from '../../lab/kubectl.ts';

export interface Deployment {
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number; readonly annotations?: { readonly [key: string]: string } };
  readonly spec: { readonly template: PodTemplate; readonly replicas: number };
}

export interface PodTemplate {
  readonly metadata: { readonly annotations?: { readonly [key: string]: string } };
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string; readonly ownerReferences?: readonly { readonly uid: string }[] };
  readonly status: { readonly phase: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Every Deployment of a namespace by name. */
export async function readDeployments(namespace = 'shop'): Promise<ReadonlyMap<string, Deployment>> {
  const { items } = await getJson<{ items: readonly Deployment[] }>('deployments', '-n', namespace);
  return new Map(items.map((item) => [item.metadata.name, item]));
}

/** Ready pods of a service that are not on their way out. */
export async function readyPods(app: string, namespace = 'shop'): Promise<readonly Pod[]> {
  const { items } = await getJson<{ items: readonly Pod[] }>('pods', '-n', namespace, '-l', `app=${app}`);
  return items.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && pod.status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
  );
}

/** What one pod's JVM really runs, asked of the process and not of its template. */
export interface JvmFacts {
  readonly pod: string;
  /** On this machine. */
  readonly pid: number;
  readonly agentJars: readonly string[];
  readonly skywalkingLoaded: boolean;
  readonly opentelemetryLoaded: boolean;
  readonly commandLine: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Looks into the JVM of every ready pod of a service. */
export async function inspectService(app: string, namespace = 'shop'): Promise<readonly JvmFacts[]> {
  return await Promise.all((await readyPods(app, namespace)).map(async (pod) => await inspectPod(namespace, pod.metadata.name, app)));
}

/** Looks into the JVM of one container. */
export async function inspectPod(namespace: string, pod: string, container: string): Promise<JvmFacts> {
  const jvm = await inspectJvm(namespace, pod, container);
  return {
    pod,
    pid: jvm.pid,
    agentJars: jvm.openJars.filter((jar) => /agent/.test(jar)),
    skywalkingLoaded: await jvm.hasClassPrefix('org.apache.skywalking.apm.agent'),
    opentelemetryLoaded: await jvm.hasClassPrefix('io.opentelemetry.javaagent'),
    commandLine: jvm.commandLine.join(' '),
    environment: jvm.environment,
  };
}

/** A container's image by service name (the business container carries the service's name). */
export function imageOf(deployment: Deployment | undefined): string {
  const container = deployment?.spec.template.spec.containers.find((each) => each.name === deployment.metadata.name);
  return container?.image ?? '';
}

/** The template as it was before us: our image and inert OTEL_ variables taken out, to show that nothing else differs. */
export function withoutMeantChanges(template: PodTemplate, service: string): unknown {
  const containers = template.spec.containers.map((container) => {
    if (container.name !== service) return container;
    const { image: _image, ...rest } = container;
    return { ...rest, env: (container.env ?? []).filter((each) => !each.name.startsWith('OTEL_')) };
  });
  const { annotations = {}, ...metadata } = template.metadata;
  const foreign = Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith('changeover.dev/')));
  return { metadata: Object.keys(foreign).length > 0 ? { ...metadata, annotations: foreign } : metadata, spec: { ...template.spec, containers } };
}
