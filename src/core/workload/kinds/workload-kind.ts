import type { Skip } from '../../finding.ts';
import type { KubeObject } from '../kube-object.ts';

/** The objects between a workload and its pods that each keep one version of the pod template. */
export type RevisionKind = 'ReplicaSet' | 'ControllerRevision' | 'none';

/** What differs between the kinds of workloads: everything the rest of the program must not know by itself. Pure. */
export interface WorkloadKind {
  readonly resource: { readonly apiVersion: string; readonly kind: string; readonly plural: string; readonly namespaced: true };
  readonly revisions: RevisionKind;
  /** Pods there are to be: after the rollout each of them comes from the new template. 0 = nothing runs now. */
  readonly wanted: (object: KubeObject) => number;
  /** Pods of the current template, as the controller counts them. */
  readonly updated: (object: KubeObject) => number;
  /** Whether the controller has seen the object as it is. */
  readonly observed: (object: KubeObject) => boolean;
  /** Whether somebody has stopped the rollout, so that no new pod will come. */
  readonly paused: (object: KubeObject) => boolean;
  /** Pods a rollout may have beyond those wanted. */
  readonly surge: (object: KubeObject) => number;
  /** Why a change would not reach the pods by itself, or not now. */
  readonly obstacle: (object: KubeObject) => Skip | undefined;
  /**
   * Whether the controller waits for a pod of the wrong revision to become Ready before it replaces it: a rollback then
   * has to delete that pod. Left out = never.
   */
  readonly waitsForBadPods?: (object: KubeObject) => boolean;
  /** What the controller says where it has judged the change itself and turned back; left out = it never does. */
  readonly aborted?: (object: KubeObject) => string | undefined;
  /** How long its own steps hold a rollout up, in milliseconds. */
  readonly heldMs?: (object: KubeObject) => number;
  /** Why an unverified change is left as it is; left out = pods come by themselves. */
  readonly deferred?: string;
}
