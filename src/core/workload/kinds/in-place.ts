import { isJsonObject, type JsonObject } from '../../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { ContainerState, PodView } from '../pod-view.ts';

/** How OpenKruise notes an update in place on the pod: when it began, and what each container ran before. */
const STATE = 'apps.kruise.io/inplace-update-state';

/** Whether a container that is to be updated in place still runs what it ran before: its log and its restarts are not those of the change. */
export function isBeforeUpdate(pod: KubeObject, view: PodView): boolean {
  const last = readState(pod)?.['lastContainerStatuses'];
  if (!isJsonObject(last)) return false;
  return Object.entries(last).some(([name, before]) => {
    const now = view.containers.find((each) => each.name === name)?.imageId;
    return isJsonObject(before) && now === before['imageID'];
  });
}

/**
 * A pod as if it began with its update in place: the one restart that put the new image in is none of its own (reference:
 * rollout T17). A restart of what came after stays.
 */
export function sinceUpdate(pod: KubeObject, view: PodView): PodView {
  const state = readState(pod);
  const { updateTimestamp, lastContainerStatuses: last } = state ?? {};
  const at = typeof updateTimestamp === 'string' ? Date.parse(updateTimestamp) : Number.NaN;
  if (Number.isNaN(at) || !isJsonObject(last)) return view;
  return { ...view, containers: view.containers.map((each) => (Object.hasOwn(last, each.name) ? sinceMoment(each, at) : each)) };
}

function sinceMoment(state: ContainerState, at: number): ContainerState {
  const { lastTerminated, ...rest } = state;
  const isOwn = lastTerminated?.startedAt !== undefined && Date.parse(lastTerminated.startedAt) >= at;
  return isOwn ? state : { ...rest, restarts: 0 };
}

function readState(pod: KubeObject): JsonObject | undefined {
  const text = pod.metadata.annotations?.[STATE];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
