import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from './kube-object.ts';

export interface ContainerState {
  readonly name: string;
  /** Also true for native sidecars, which report under initContainerStatuses. */
  readonly init: boolean;
  readonly ready: boolean;
  readonly restarts: number;
  readonly image: string;
  /** `repository@sha256:…` as the runtime reports it; empty before the image is there. */
  readonly imageId: string;
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** RFC 3339. */
  readonly runningSince?: string;
  readonly terminated?: Terminated;
  readonly lastTerminated?: Terminated;
}

export interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

/** A pod's status, read defensively: members that are missing become empty, never a throw. */
export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly phase: string;
  readonly reason: string;
  readonly startTime?: string;
  readonly terminating: boolean;
  readonly ready: boolean;
  /** RFC 3339 of the Ready condition's last change. */
  readonly readyTransition?: string;
  readonly readyMessage: string;
  readonly unschedulable?: string;
  readonly containers: readonly ContainerState[];
}

/** Reads the status of a pod. */
export function viewPod(pod: KubeObject): PodView {
  const status = object(pod['status']);
  const ready = condition(status, 'Ready');
  const scheduled = condition(status, 'PodScheduled');
  const readyTransition = text(ready?.['lastTransitionTime']);
  const startTime = text(status['startTime']);
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
    node: text(object(pod['spec'])['nodeName']),
    phase: text(status['phase']),
    reason: text(status['reason']),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    ready: ready?.['status'] === 'True',
    readyMessage: text(ready?.['message']),
    ...(readyTransition === '' ? {} : { readyTransition }),
    ...(startTime === '' ? {} : { startTime }),
    ...(scheduled?.['status'] === 'False' && scheduled['reason'] === 'Unschedulable' ? { unschedulable: text(scheduled['message']) } : {}),
    containers: [...states(status['initContainerStatuses'], true), ...states(status['containerStatuses'], false)],
  };
}

/** `sha256:…` at the end of an imageID (`repo@sha256:…`, `docker-pullable://…`); undefined before the pull. */
export function digestOfImageId(imageId: string): string | undefined {
  return /sha256:[0-9a-f]{64}$/.exec(imageId)?.[0];
}

function states(value: Json | undefined, init: boolean): readonly ContainerState[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((status) => containerState(status, init));
}

function containerState(status: JsonObject, init: boolean): ContainerState {
  const state = object(status['state']);
  const waiting = state['waiting'];
  const running = text(object(state['running'])['startedAt']);
  const terminated = readTerminated(state['terminated']);
  const lastTerminated = readTerminated(object(status['lastState'])['terminated']);
  return {
    name: text(status['name']),
    init,
    ready: status['ready'] === true,
    restarts: typeof status['restartCount'] === 'number' ? status['restartCount'] : 0,
    image: text(status['image']),
    imageId: text(status['imageID']),
    ...(isJsonObject(waiting) ? { waiting: { reason: text(waiting['reason']), message: text(waiting['message']) } } : {}),
    ...(running === '' ? {} : { runningSince: running }),
    ...(terminated ? { terminated } : {}),
    ...(lastTerminated ? { lastTerminated } : {}),
  };
}

function readTerminated(value: Json | undefined): Terminated | undefined {
  if (!isJsonObject(value)) return undefined;
  const startedAt = text(value['startedAt']);
  const finishedAt = text(value['finishedAt']);
  return {
    exitCode: typeof value['exitCode'] === 'number' ? value['exitCode'] : 0,
    reason: text(value['reason']),
    message: text(value['message']),
    ...(startedAt === '' ? {} : { startedAt }),
    ...(finishedAt === '' ? {} : { finishedAt }),
  };
}

function condition(status: JsonObject, type: string): JsonObject | undefined {
  const conditions = status['conditions'];
  return Array.isArray(conditions) ? conditions.filter(isJsonObject).find((each) => each['type'] === type) : undefined;
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
