import type { KubeObject } from '../../core/workload/kube-object.ts';

/** What one container of a simulated pod does. Times are milliseconds of virtual time. */
export interface ContainerScript {
  /** From scheduling to the image being there. */
  readonly pullMs?: number;
  /** What the runtime says instead of pulling, for ever or for `forMs` after the first try. */
  readonly pullError?: { readonly message: string; readonly forMs?: number };
  /** From the image being there to the process running. */
  readonly startMs?: number;
  /** From running to Ready; `never` = the probe always fails. */
  readonly readyMs?: number | 'never';
  /** From running to the process's end, again after every restart (or `crashes` times). */
  readonly crashAtMs?: number;
  readonly crashes?: number;
  readonly exitCode?: number;
  /** The kernel's or kubelet's word for the end: `Error` by default, `OOMKilled`. */
  readonly reason?: string;
  /** Last words in the log before the end. */
  readonly lastWords?: readonly string[];
  /** From running to the readiness probe failing for ten seconds, `flaps` times, each as long after the one before. */
  readonly flapAtMs?: number;
  readonly flaps?: number;
  /** The agent starts and says nothing. */
  readonly noProof?: boolean;
}

/** What a simulated pod does besides its containers. */
export interface PodScript extends ContainerScript {
  /** No node fits for this long. */
  readonly unschedulableMs?: number;
  /** From being deleted to being gone. */
  readonly terminateMs?: number;
  /** Why the API server takes no such pod (quota, webhook). */
  readonly refused?: string;
}

/** A container whose script is asked for. */
export interface ScriptedContainer {
  readonly name: string;
  readonly image: string;
  /** The agent its JVM loads; undefined = none, or the image is not there yet. */
  readonly agent: string | undefined;
}

/** The script of a container; without one, of the pod as a whole. An empty script is a healthy, quick pod. */
export type ScriptBook = (pod: KubeObject, container?: ScriptedContainer) => PodScript;

export const DEFAULT_SCRIPT = { pullMs: 1_500, startMs: 500, readyMs: 8_000, terminateMs: 2_000, exitCode: 1, reason: 'Error' } as const;
