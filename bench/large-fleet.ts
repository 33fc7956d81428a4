import { pooled } from '../src/app/pooled.ts';
import type { ControlPlane } from './control-plane.ts';

export interface LargeFleet {
  readonly deployments: number;
  readonly podsEach: number;
  readonly namespaces: number;
  readonly image: string;
  /** What its pods run. */
  readonly digest: string;
}

interface Service extends LargeFleet {
  readonly namespace: string;
  readonly name: string;
}

const AT_ONCE = 16;
const TIME = '2026-01-01T00:00:00Z';
const SINCE = { lastTransitionTime: TIME };

/** Creates Deployments with a ReplicaSet and running pods each, as controllers and kubelets would leave them. */
export async function createLargeFleet(cluster: ControlPlane, fleet: LargeFleet): Promise<void> {
  const { deployments, namespaces } = fleet;
  const names = Array.from({ length: namespaces }, (_, index) => `team-${index + 1}`);
  for (const name of names) await cluster.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const services = Array.from({ length: deployments }, (_, index) => ({ ...fleet, namespace: names[index % namespaces] ?? '', name: `service-${index + 1}` }));
  await pooled(services, AT_ONCE, (service) => createService(cluster, service));
}

async function createService(cluster: ControlPlane, service: Service): Promise<void> {
  const { namespace, name, podsEach: replicas } = service;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const labels = { app: name, team: namespace };
  const template = { metadata: { labels: { ...labels, 'pod-template-hash': '5d4f8c7b9' } }, spec: podSpec(service) };
  const own = { ...template, metadata: { labels } };
  const spec = { replicas, selector: { matchLabels: { app: name } } };
  const metadata = { name, namespace, labels, annotations: { 'deployment.kubernetes.io/revision': '1', 'example.com/owner': `${namespace}@example.com` } };

  const deployment = await create(cluster, `${apps}/deployments`, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { ...spec, template: own } });
  const available = {
    ...SINCE,
    lastUpdateTime: TIME,
    type: 'Available',
    status: 'True',
    reason: 'MinimumReplicasAvailable',
    message: 'Deployment has minimum availability.',
  };
  await setStatus(cluster, `${apps}/deployments`, { ...deployment, status: { ...counts(replicas), updatedReplicas: replicas, conditions: [available] } });

  const set = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...metadata, name: `${name}-5d4f8c7b9`, ownerReferences: [controlledBy(deployment)] },
    spec: { ...spec, template },
  };
  const replicaSet = await create(cluster, `${apps}/replicasets`, set);
  await setStatus(cluster, `${apps}/replicasets`, { ...replicaSet, status: { ...counts(replicas), fullyLabeledReplicas: replicas } });

  for (let index = 0; index < replicas; index += 1) await createPod(cluster, service, { index, owner: controlledBy(replicaSet), template });
}

async function createPod(
  cluster: ControlPlane,
  service: Service,
  from: { readonly index: number; readonly owner: object; readonly template: { readonly metadata: object; readonly spec: object } },
): Promise<void> {
  const { namespace, name } = service;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const metadata = { ...from.template.metadata, name: `${name}-5d4f8c7b9-x${from.index}`, namespace, ownerReferences: [from.owner] };
  const pod = await create(cluster, pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...from.template.spec, nodeName: `node-${from.index + 1}` } });
  await setStatus(cluster, pods, { ...pod, status: podStatus(service) });
}

interface Created extends Record<string, unknown> {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}

async function create(cluster: ControlPlane, path: string, object: object): Promise<Created> {
  return (await cluster.send('POST', path, object)) as Created;
}

async function setStatus(cluster: ControlPlane, path: string, object: Created & { readonly status: object }): Promise<void> {
  await cluster.send('PUT', `${path}/${object.metadata.name}/status`, object);
}

function controlledBy({ kind, metadata: { name, uid } }: Created): object {
  return { apiVersion: 'apps/v1', kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function counts(replicas: number): object {
  return { replicas, readyReplicas: replicas, availableReplicas: replicas, observedGeneration: 1 };
}

/** A service as charts make them: probes, resources, variables, a volume. */
function podSpec({ name, image }: Service): object {
  const probe = (path: string) => ({ httpGet: { path, port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3 });
  const variables = {
    CATALINA_OPTS: '-javaagent:/skywalking/agent/skywalking-agent.jar -Xmx512m',
    SW_AGENT_NAME: name,
    SW_AGENT_COLLECTOR_BACKEND_SERVICES: 'oap.tracing:11800',
  };
  const env = Object.entries({ ...variables, SPRING_PROFILES_ACTIVE: 'production', DATABASE_URL: `jdbc:postgresql://db/${name}`, TZ: 'UTC' }).map(
    ([key, value]) => ({ name: key, value }),
  );
  const container = {
    name,
    image,
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [...env, { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    resources: { requests: { cpu: '100m', memory: '768Mi' }, limits: { memory: '1Gi' } },
    livenessProbe: probe('/live'),
    readinessProbe: probe('/ready'),
    volumeMounts: [{ name: 'temp', mountPath: '/tmp' }],
  };
  return { containers: [container], volumes: [{ name: 'temp', emptyDir: {} }], terminationGracePeriodSeconds: 30 };
}

function podStatus({ name, image, digest }: Service): object {
  const repository = image.slice(0, image.lastIndexOf(':'));
  const condition = (type: string) => ({ ...SINCE, type, status: 'True', lastProbeTime: null });
  const status = {
    name,
    image,
    imageID: `${repository}@${digest}`,
    containerID: `containerd://${digest.slice('sha256:'.length)}`,
    ready: true,
    started: true,
    restartCount: 0,
  };
  return {
    phase: 'Running',
    conditions: ['PodScheduled', 'PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
    containerStatuses: [{ ...status, state: { running: { startedAt: TIME } }, lastState: {} }],
    hostIP: '192.0.2.1',
    hostIPs: [{ ip: '192.0.2.1' }],
    podIP: '192.0.2.2',
    podIPs: [{ ip: '192.0.2.2' }],
    qosClass: 'Burstable',
    startTime: TIME,
  };
}
