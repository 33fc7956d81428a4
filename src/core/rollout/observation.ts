import type { KubeObject } from '../workload/kube-object.ts';
import type { PodView } from '../workload/pod-view.ts';

/** What one pod's log, or its spans, say about the agent in it. */
export type ProofState =
  | { readonly kind: 'target'; readonly version?: string; readonly line: string }
  | { readonly kind: 'other'; readonly agent: string; readonly line: string }
  | { readonly kind: 'both'; readonly line: string }
  /**
   * Nothing yet; `expired` once the time in which it must come is over. Of spans: `askedAt` is when the trace store was
   * last asked (milliseconds since the epoch), `detail` why it could not answer.
   */
  | { readonly kind: 'none'; readonly expired: boolean; readonly askedAt?: number; readonly detail?: string };

/** Everything `judge` needs about one workload at one moment. No clock, no network: replayable from a bug report. */
export interface Observation {
  /** Milliseconds since the epoch, when this was read. */
  readonly at: number;
  /** Undefined = not found. */
  readonly object: KubeObject | undefined;
  /** The newest ReplicaSet whose template carries our intent. */
  readonly intentSet: KubeObject | undefined;
  /** Live pods of that ReplicaSet. */
  readonly newPods: readonly PodView[];
  /** Live pods of all other ReplicaSets of the workload. */
  readonly oldPods: readonly PodView[];
  /** By pod uid. Only filled when the policy asks for proof. */
  readonly proofs: { readonly [podUid: string]: ProofState };
}
