import type { JsonObject } from '../src/core/json.ts';
import type { KubeObject, OwnerReference } from '../src/core/workload/kube-object.ts';

/** One service of a stored fleet. */
export interface StoredService {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  /** What its pods run. */
  readonly digest: string;
}

const TIME = '2026-01-01T00:00:00Z';
const PODS = 2;

/** A Deployment with its ReplicaSet and its running pods, as an API server lists them, each as text: to be read again as often as it is listed. */
export function storeFleet(services: readonly StoredService[]): { readonly [plural: string]: readonly string[] } {
  const all = services.map(objectsOf);
  return {
    deployments: all.map((each) => JSON.stringify(each.deployment)),
    replicasets: all.map((each) => JSON.stringify(each.replicaSet)),
    pods: all.flatMap((each) => each.pods.map((pod) => JSON.stringify(pod))),
  };
}

function objectsOf(service: StoredService): { readonly deployment: KubeObject; readonly replicaSet: KubeObject; readonly pods: readonly KubeObject[] } {
  const { namespace, name } = service;
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [containerOf(service)] } };
  const hashed = { ...template, metadata: { labels: { ...labels, 'pod-template-hash': '5d4f8c7b9' } } };
  const counts = { replicas: PODS, readyReplicas: PODS, availableReplicas: PODS, observedGeneration: 1 };
  const spec = { replicas: PODS, selector: { matchLabels: labels } };
  const at = { namespace, creationTimestamp: TIME, generation: 1, resourceVersion: '1' };
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...at, name, uid: `${namespace}-${name}`, labels, annotations: { 'deployment.kubernetes.io/revision': '1' } },
    spec: { ...spec, template },
    status: { ...counts, updatedReplicas: PODS },
  };
  const set = `${name}-5d4f8c7b9`;
  const replicaSet: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...at,
      name: set,
      uid: `${namespace}-${set}`,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: { ...spec, template: hashed },
    status: counts,
  };
  const pods = Array.from({ length: PODS }, (_, index): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...at,
      name: `${set}-x${index}`,
      uid: `${namespace}-${set}-${index}`,
      labels: hashed.metadata.labels,
      ownerReferences: [controlledBy(replicaSet)],
    },
    spec: { ...template.spec, nodeName: `node-${index}` },
    status: podStatus(service),
  }));
  return { deployment, replicaSet, pods };
}

function containerOf({ name, image }: StoredService): JsonObject {
  return {
    name,
    image,
    env: [
      { name: 'SW_AGENT_NAME', value: name },
      { name: 'SW_AGENT_COLLECTOR_BACKEND_SERVICES', value: 'oap.observability:11800' },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'DB_HOST', value: 'db.shop' },
      { name: 'DB_URL', value: 'jdbc:mysql://$(DB_HOST)/orders' },
    ],
    resources: { limits: { memory: '2Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
    readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 5 },
    livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 60 },
  };
}

function podStatus({ name, image, digest }: StoredService): JsonObject {
  const repository = image.slice(0, image.lastIndexOf(':'));
  return {
    phase: 'Running',
    startTime: TIME,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:20Z' }],
    containerStatuses: [
      { name, ready: true, restartCount: 0, image, imageID: `${repository}@${digest}`, state: { running: { startedAt: TIME } }, started: true },
    ],
  };
}

function controlledBy({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true };
}
