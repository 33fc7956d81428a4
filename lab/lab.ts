import { missingParts } from './build.ts';
import { applyObjects, getJson } from './kubectl.ts';
import { addresses, paths } from './paths.ts';
import type { Segment, ServiceCount } from './stand-ins/segment-store.ts';
import { oapService } from './up/base-objects.ts';

export { inspectJvm } from './inspect-jvm.ts';

/** Where tests find the lab. Kubeconfigs exist while it is up. */
export const lab = {
  /** Client certificate, may everything. */
  adminKubeconfig: paths.adminKubeconfig,
  /** The product's ServiceAccount with exactly the rights that `changeover doctor --rbac` prints. */
  changeoverKubeconfig: paths.changeoverKubeconfig,
  /** May list namespaces, and nothing else. */
  viewerKubeconfig: paths.viewerKubeconfig,
  /** Plain HTTP. */
  registry: addresses.registry,
  jaegerQueryUrl: `http://${addresses.jaegerQuery}`,
  /** The same API as a Service, for the API server's proxy: namespace/name:port. */
  jaegerService: 'observability/jaeger:16686',
  /** What pods send spans to (gRPC). */
  otlpEndpoint: `http://${addresses.otlpGrpc}`,
  /** The same over HTTP. */
  otlpHttpEndpoint: `http://${addresses.otlpHttp}`,
  /** What SkyWalking agents report to. */
  oapAddress: addresses.oap,
  /** Where a proxy in front of SkyWalking's backend may listen: pods reach the address, and `leadOapTo` sends them there. */
  teeAddress: addresses.tee,
  oapCountsUrl: `http://${addresses.oapCounts}`,
  opentelemetryJar: paths.opentelemetryJar,
  skywalkingJar: paths.skywalkingJar,
} as const;

/** Whether everything the lab is made of is there, in its present version. */
export function isLabBuilt(): boolean {
  return missingParts().length === 0;
}

/** The URL of a service, reachable from the host: `http://<cluster IP>:8080`. */
export async function serviceUrl(name: string, namespace = 'shop'): Promise<string> {
  const service = await getJson<{ spec: { clusterIP: string } }>('service', name, '-n', namespace);
  return `http://${service.spec.clusterIP}:8080`;
}

/** Segments and references to a caller's segment that SkyWalking agents reported since `up`, by service. */
export async function readSegmentCounts(): Promise<Readonly<Record<string, ServiceCount>>> {
  return await readOap('/services');
}

/** The newest segments (5,000 at most), oldest first; those of the kubelet's probes are left out. */
export async function readSegments(): Promise<readonly Segment[]> {
  return await readOap('/segments');
}

/** Lets the Service `oap` of a namespace lead to another listener on this machine, and ends the agents' connections so that they follow. Answers how many there were. */
export async function leadOapTo(address: string, namespace = 'shop'): Promise<number> {
  await applyObjects(oapService(namespace, address));
  const response = await fetch(`${lab.oapCountsUrl}/disconnect`, { method: 'POST' });
  return ((await response.json()) as { closed: number }).closed;
}

async function readOap<T>(path: string): Promise<T> {
  const response = await fetch(`${lab.oapCountsUrl}${path}`);
  if (!response.ok) throw new Error(`The OAP stand-in answered ${response.status} to ${path}`);
  return (await response.json()) as T;
}
