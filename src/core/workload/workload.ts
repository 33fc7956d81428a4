import type { JsonObject } from '../json.ts';
import type { KubeObject } from './kube-object.ts';

/** One environment entry as in the pod spec: unknown members kept. */
export interface EnvVar extends JsonObject {
  readonly name: string;
  readonly value?: string;
}

/** A container as in the pod spec, reduced to the members we read; all else stays. */
export interface Container extends JsonObject {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
}

/** A workload with the objects below it, as seen at one moment. */
export interface Workload {
  /** `namespace/Kind/name`. */
  readonly id: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly object: KubeObject;
  /** What it owns that keeps its templates, by controller owner uid: ReplicaSets, or ControllerRevisions. */
  readonly replicaSets: readonly KubeObject[];
  /** Live pods below it (not Succeeded or Failed, not terminating). */
  readonly pods: readonly KubeObject[];
}
