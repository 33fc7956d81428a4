import type { ContainerState, PodView, Terminated } from '../workload/pod-view.ts';
import type { Reason } from './run-record.ts';

/**
 * What one new pod says about the change. `infra` is the environment's trouble: waited out, never blamed on us.
 * The rules and their exceptions are those of reference rollout section 3 (after krane's doomed-pod rules).
 */
export type PodVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'waiting'; readonly reason: Reason }
  | { readonly kind: 'infra'; readonly reason: Reason }
  | { readonly kind: 'doomed'; readonly reason: Reason };

/** A node ended, refused or lost the pod. */
const infraPodReason = /^(?:Evicted|Preempting|Preempted|NodeLost|NodeShutdown|Shutdown|Terminated|NodeAffinity|UnexpectedAdmissionError|OutOf\w+)$/;
const configErrors = new Set(['CreateContainerConfigError', 'InvalidImageName', 'ErrImageNeverPull', 'RunContainerError', 'CreateContainerError']);
const permanentPull = /not found|manifest unknown|unauthorized|denied|forbidden|no matching manifest|invalid reference/i;

/**
 * Judges one pod of the new ReplicaSet by the container we changed; other containers' crashes count only while they keep
 * the pod from being Ready, and then as something to wait for.
 */
export function judgePod(pod: PodView, container: string, startupRestarts: number): PodVerdict {
  // Evicted, preempted, scaled down: how its containers end says nothing about the change.
  if (pod.terminating) return infra(pod, 'Terminating', '');
  if (infraPodReason.test(pod.reason)) return infra(pod, pod.reason, '');
  if (pod.unschedulable !== undefined) return infra(pod, 'Unschedulable', pod.unschedulable);
  const ours = pod.containers.find((each) => each.name === container);
  if (ours) {
    const verdict = judgeContainer(pod, ours, startupRestarts);
    if (verdict.kind !== 'fine') return verdict;
  }
  if (pod.phase === 'Failed') return doomed(pod, 'pod-failed', { detail: pod.reason });
  return pod.ready ? { kind: 'fine' } : { kind: 'waiting', reason: { id: 'pod-not-ready', params: { pod: pod.name, detail: blocking(pod) } } };
}

/** Ended for good: it stays listed until it is cleaned up, and counts neither as new nor as old. */
export function isOver(pod: PodView): boolean {
  return pod.phase === 'Failed' || pod.phase === 'Succeeded';
}

function judgeContainer(pod: PodView, state: ContainerState, startupRestarts: number): PodVerdict {
  const { waiting, terminated, lastTerminated } = state;
  if (waiting && configErrors.has(waiting.reason) && !/failed to sync .* cache/i.test(waiting.message)) {
    return doomed(pod, 'container-config', { detail: `${waiting.reason}: ${waiting.message}` });
  }
  if (waiting && (waiting.reason === 'ErrImagePull' || waiting.reason === 'ImagePullBackOff')) return judgePull(pod, waiting.message);
  const crash = crashOf(terminated) ?? crashOf(lastTerminated);
  if (crash?.exitCode === 128) return infra(pod, 'ContainerCannotRun', crash.message);
  const crashed = waiting?.reason === 'CrashLoopBackOff' || state.restarts > startupRestarts || (terminated && state.restarts >= startupRestarts);
  if (crash && crashed) {
    return doomed(pod, crash.reason === 'OOMKilled' ? 'out-of-memory' : 'container-crashed', { exitCode: crash.exitCode, restarts: state.restarts });
  }
  // A restarted container without an exit code in sight (probe kills report 0 or 143): judged by the restart itself.
  if (state.restarts > startupRestarts) return doomed(pod, 'container-restarted', { restarts: state.restarts });
  return { kind: 'fine' };
}

function judgePull(pod: PodView, message: string): PodVerdict {
  return permanentPull.test(message) ? doomed(pod, 'image-pull', { detail: message }) : infra(pod, 'ImagePull', message);
}

function crashOf(terminated: Terminated | undefined): Terminated | undefined {
  return terminated && terminated.exitCode !== 0 ? terminated : undefined;
}

function blocking(pod: PodView): string {
  const notReady = pod.containers.filter((each) => !each.ready && !(each.init && each.terminated));
  const states = notReady.map((each) => `${each.name}: ${each.waiting?.reason ?? (each.runningSince ? 'running, not ready' : 'starting')}`);
  return states.join(', ') || pod.readyMessage || pod.phase;
}

function infra(pod: PodView, what: string, detail: string): PodVerdict {
  return { kind: 'infra', reason: { id: 'infrastructure', params: { pod: pod.name, what, detail } } };
}

function doomed(pod: PodView, id: string, params: { readonly [name: string]: string | number }): PodVerdict {
  return { kind: 'doomed', reason: { id, params: { pod: pod.name, ...params } } };
}
