import { ChangeoverError } from '../../core/error.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { containers, initContainers, podSpec } from '../../core/workload/pod-template.ts';
import type { Container } from '../../core/workload/workload.ts';
import type { LogQuery } from '../../ports/cluster.ts';
import { runContainer, type ContainerLog } from './container-life.ts';
import type { ImageSource } from './image-runtime.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import { DEFAULT_SCRIPT, type ScriptBook } from './pod-script.ts';
import { podStatus, unscheduledStatus, type ContainerState } from './pod-status.ts';
import type { SimulatedTraffic } from './simulated-traffic.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface KubeletOptions extends ImageSource {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly scripts: ScriptBook;
  readonly traffic: Pick<SimulatedTraffic, 'serve'>;
}

/** Scheduler and kubelets of all nodes: gives every pod a node and lives its script. */
export interface Kubelet {
  /** A container's log up to now; `not-found` and `refused` in the kubelet's own cases. */
  logs(query: Pick<LogQuery, 'namespace' | 'pod' | 'container' | 'previous'>): string;
}

export function runKubelet(options: KubeletOptions): Kubelet {
  const { store } = options;
  const pods = new Map<string, { readonly stop: AbortController; readonly logs: Map<string, ContainerLog[]> }>();
  store.subscribe(({ kind, object }) => {
    if (object.kind !== 'Pod') return;
    const uid = object.metadata.uid ?? '';
    if (kind === 'deleted') {
      pods.get(uid)?.stop.abort();
      pods.delete(uid);
    } else if (kind === 'added') {
      const life = { stop: new AbortController(), logs: new Map<string, ContainerLog[]>() };
      pods.set(uid, life);
      void livePod(object, { ...options, signal: life.stop.signal, logs: life.logs }).catch((error: unknown) => {
        // A deleted pod's waits end with its signal; anything else is a bug of the simulation and must be seen.
        if (!life.stop.signal.aborted) throw error;
      });
    } else if (object.metadata.deletionTimestamp !== undefined && pods.get(uid)?.stop.signal.aborted === false) {
      pods.get(uid)?.stop.abort();
      const script = options.scripts(object);
      options.clock.after(script.terminateMs ?? DEFAULT_SCRIPT.terminateMs, () => removePod(store, object));
    }
  });
  return { logs: (query) => readLog(options, query, (uid) => pods.get(uid)?.logs) };
}

interface PodLife extends KubeletOptions {
  readonly signal: AbortSignal;
  readonly logs: Map<string, ContainerLog[]>;
}

async function livePod(pod: KubeObject, life: PodLife): Promise<void> {
  const { store, clock, signal } = life;
  const { unschedulableMs } = life.scripts(pod);
  await clock.background(200, signal);
  if (unschedulableMs !== undefined) {
    update(store, pod, (live) => ({ ...live, status: unscheduledStatus(live, clock.now()) }));
    await clock.background(unschedulableMs, signal);
  }
  const startTime = clock.now();
  const states = new Map<string, ContainerState>();
  const publish = (): void => update(store, pod, (live) => ({ ...live, status: podStatus(live, { now: clock.now(), startTime, containers: states }) }));
  update(store, pod, (live) => ({ ...live, spec: { ...podSpec(live), nodeName: nodeOf(pod) } }));
  publish();
  const start = (container: Container): { readonly started: Promise<void>; readonly ended: Promise<void> } =>
    runContainer({
      pod,
      container,
      ...life,
      report: (state) => {
        states.set(container.name, state);
        publish();
      },
    });
  const ended: Promise<void>[] = [];
  for (const sidecar of initContainers(podSpec(pod))) {
    const running = start(sidecar);
    ended.push(running.ended);
    await running.started;
  }
  await Promise.all([...ended, ...containers(podSpec(pod)).map((container) => start(container).ended)]);
}

function update(store: ObjectStore, pod: KubeObject, change: (live: KubeObject) => KubeObject): void {
  const live = store.get(keyOf(pod));
  if (live?.metadata.uid === pod.metadata.uid && live) store.updateStatus(live, change(live));
}

function removePod(store: ObjectStore, pod: KubeObject): void {
  if (store.get(keyOf(pod))?.metadata.uid === pod.metadata.uid) store.remove(keyOf(pod));
}

/** Its own node, or one of three: which one is a matter of the name. */
function nodeOf(pod: KubeObject): string {
  const { nodeName } = podSpec(pod);
  if (typeof nodeName === 'string') return nodeName;
  return `node-${(pod.metadata.name.charCodeAt(pod.metadata.name.length - 1) % 3) + 1}`;
}

function readLog(
  options: KubeletOptions,
  query: Pick<LogQuery, 'namespace' | 'pod' | 'container' | 'previous'>,
  logsOf: (uid: string) => Map<string, ContainerLog[]> | undefined,
): string {
  const target = `${query.namespace}/Pod/${query.pod}[${query.container}]`;
  const pod = options.store.get({ apiVersion: 'v1', kind: 'Pod', namespace: query.namespace, name: query.pod });
  if (!pod) throw new ChangeoverError('not-found', `${query.namespace}/Pod/${query.pod} does not exist`, { target });
  const runs = logsOf(pod.metadata.uid ?? '')?.get(query.container) ?? [];
  const run = query.previous === true ? runs.at(-2) : runs.at(-1);
  if (!run) {
    const what = query.previous === true ? 'has no previous instance' : 'is waiting to start';
    throw new ChangeoverError('refused', `container ${JSON.stringify(query.container)} in pod ${JSON.stringify(query.pod)} ${what}`, { target });
  }
  const age = options.clock.now() - run.startedAt;
  return run.lines
    .filter((line) => line.atMs <= age)
    .map((line) => `${line.text}\n`)
    .join('');
}
