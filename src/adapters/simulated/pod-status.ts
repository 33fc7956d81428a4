import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import { containers, initContainers, podSpec } from '../../core/workload/pod-template.ts';
import { number, text } from './object-parts.ts';
import { seconds } from './object-store.ts';
import { keepTransition } from './replica-set-controller.ts';

/** What the kubelet knows of one container. */
export interface ContainerState {
  readonly state: JsonObject;
  readonly lastState?: JsonObject;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restarts: number;
  readonly imageId: string;
}

export interface PodState {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly startTime: number;
  readonly containers: ReadonlyMap<string, ContainerState>;
}

const WAITING: ContainerState = { state: { waiting: { reason: 'ContainerCreating' } }, ready: false, started: false, restarts: 0, imageId: '' };

/** Status of a pod that no node has taken yet. */
export function unscheduledStatus(pod: KubeObject, now: number): JsonObject {
  const message = '0/3 nodes are available: 3 Insufficient memory.';
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: seconds(now) };
  return { phase: 'Pending', conditions: [keepTransition(pod, condition)], qosClass: 'Burstable' };
}

/** Status of a pod on a node, as the kubelet reports it: native sidecars under initContainerStatuses. */
export function podStatus(pod: KubeObject, state: PodState): JsonObject {
  const spec = podSpec(pod);
  const status = (container: { readonly name: string; readonly image: string }): JsonObject =>
    containerStatus(container, state.containers.get(container.name) ?? WAITING);
  const own = containers(spec).map(status);
  const init = initContainers(spec).map(status);
  const allReady = [...own, ...init].every((each) => each['ready'] === true);
  const initialised = init.every((each) => each['started'] === true);
  const late = [...own, ...init].filter((each) => each['ready'] !== true).map((each) => text(each['name']));
  const unready = allReady ? {} : { reason: 'ContainersNotReady', message: `containers with unready status: [${late.join(' ')}]` };
  const condition = (type: string, holds: boolean, more: JsonObject = {}): JsonObject =>
    keepTransition(pod, { type, status: holds ? 'True' : 'False', ...more, lastTransitionTime: seconds(state.now) });
  return {
    phase: phaseOf(spec, own),
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', initialised),
      condition('ContainersReady', allReady, unready),
      condition('Ready', allReady, unready),
    ],
    startTime: seconds(state.startTime),
    qosClass: 'Burstable',
    containerStatuses: own,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
  };
}

function phaseOf(spec: JsonObject, own: readonly JsonObject[]): string {
  const ended = own.map((each) => (isJsonObject(each['state']) ? each['state']['terminated'] : undefined)).filter(isJsonObject);
  if (spec['restartPolicy'] === 'Never' && own.length > 0 && ended.length === own.length) {
    return ended.every((each) => each['exitCode'] === 0) ? 'Succeeded' : 'Failed';
  }
  return own.some((each) => each['started'] === true || number(each['restartCount']) > 0) ? 'Running' : 'Pending';
}

function containerStatus(container: { readonly name: string; readonly image: string }, known: ContainerState): JsonObject {
  return {
    name: container.name,
    image: container.image,
    imageID: known.imageId,
    ready: known.ready,
    started: known.started,
    restartCount: known.restarts,
    state: known.state,
    lastState: known.lastState ?? {},
  };
}
