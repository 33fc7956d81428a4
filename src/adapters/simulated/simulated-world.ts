import { ChangeoverError } from '../../core/error.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { LayerReader } from '../../ports/layer-reader.ts';
import type { Registry } from '../../ports/registry.ts';
import { openLayerReader } from '../registry/layer-reader.ts';
import { runDaemonSetController } from './daemon-set-controller.ts';
import { runDeploymentController } from './deployment-controller.ts';
import { runKubelet } from './kubelet.ts';
import { ObjectStore } from './object-store.ts';
import type { PodScript, ScriptBook } from './pod-script.ts';
import type { PodMakerOptions } from './owned-pods.ts';
import { runReplicaSetController } from './replica-set-controller.ts';
import { runStatefulSetController } from './stateful-set-controller.ts';
import { simulatedCluster, type SimulatedClusterOptions } from './simulated-cluster.ts';
import { createSimulatedTraffic, type SimulatedTraffic } from './simulated-traffic.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface WorldOptions {
  readonly clock: VirtualClock;
  /** Where the nodes pull from. */
  readonly registry: Registry;
  readonly scripts?: ScriptBook;
  /** How nodes unpack layers; left out = by a reader of their own. */
  readonly layers?: LayerReader;
  /** What admission webhooks add to a pod, given its namespace. */
  readonly mutatePod?: (pod: KubeObject, namespace: KubeObject) => KubeObject;
  /** What admission webhooks write into any object that is patched. */
  readonly mutate?: (object: KubeObject) => KubeObject;
}

/** A Kubernetes cluster with its controllers and nodes, all in memory and in virtual time. */
export interface SimulatedWorld {
  readonly clock: VirtualClock;
  readonly store: ObjectStore;
  /** The trace store of the fleet; no traffic until it is set. */
  readonly traffic: SimulatedTraffic;
  /** The API server as one user sees it; by default one who may do everything. */
  connect(options?: Pick<SimulatedClusterOptions, 'user' | 'denies' | 'services'>): Cluster;
}

export function simulatedWorld(options: WorldOptions): SimulatedWorld {
  const { clock, registry, scripts = healthy, mutatePod } = options;
  const store = new ObjectStore(clock);
  for (const name of ['kube-system', 'default'])
    store.insert({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } });
  const traffic = createSimulatedTraffic(clock);
  const kubelet = runKubelet({ store, clock, registry, layers: options.layers ?? openLayerReader(registry, memoryCache()), scripts, traffic });
  const pods: PodMakerOptions = {
    store,
    clock,
    refusePod: (pod) => scripts(pod).refused,
    mutatePod: (pod) => {
      const namespace = store.get({ apiVersion: 'v1', kind: 'Namespace', namespace: '', name: pod.metadata.namespace ?? '' });
      return namespace && mutatePod ? mutatePod(pod, namespace) : pod;
    },
  };
  const admitPod = (pod: KubeObject): KubeObject => {
    const refusal = pods.refusePod(pod);
    if (refusal !== undefined) throw new ChangeoverError('refused', `pods ${JSON.stringify(pod.metadata.name)} is forbidden: ${refusal}`);
    return pods.mutatePod(pod);
  };
  runReplicaSetController(pods);
  runStatefulSetController(pods);
  runDaemonSetController(pods);
  runDeploymentController({ store, clock });
  const server = {
    store,
    logs: (query: Parameters<typeof kubelet.logs>[0]) => kubelet.logs(query),
    admitPod,
    ...(options.mutate ? { mutate: options.mutate } : {}),
  };
  return { clock, store, traffic, connect: (as) => simulatedCluster({ ...server, ...as }) };
}

function memoryCache(): Cache {
  const entries = new Map<string, Uint8Array>();
  return { get: async (key) => entries.get(key), put: async (key, bytes) => void entries.set(key, bytes) };
}

function healthy(): PodScript {
  return {};
}
