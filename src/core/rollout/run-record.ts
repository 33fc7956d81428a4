import type { JsonObject } from '../json.ts';
import type { MigrateItem } from '../plan/plan.ts';
import type { Finding } from '../finding.ts';
import type { Edit } from '../workload/edit.ts';
import type { Cause } from './cause.ts';
import type { Drill } from './drill.ts';
import type { Shape } from './marker.ts';
import type { WorkloadState } from './workload-state.ts';

export type RunPhase = 'PREPARING' | 'RUNNING' | 'HALTED' | 'PAUSED' | 'ROLLING_BACK' | 'COMPLETED' | 'ABORTED';

/** What a person decided, kept for ever with who and when. `targets` are workload ids; empty = the whole run. */
export interface Decision {
  readonly seq: number;
  readonly kind: 'pause' | 'continue' | 'abort' | 'retry' | 'exclude' | 'rollback' | 'unlock';
  readonly targets: readonly string[];
  readonly rollbackInFlight?: boolean;
  readonly by: string;
  readonly at: string;
  /** `at` of the halt the person had before them, empty where there was none: another halt needs another decision. */
  readonly halt?: string;
  readonly reason?: string;
}

/** Why the run stopped starting workloads. */
export interface Halt {
  readonly at: string;
  /** Stable id: `workload-failed`, `inconclusive`, `rollback-failed`, `too-many-stale`, `gate-broken`, … */
  readonly id: string;
  readonly workloads: readonly string[];
  /** Of a halt at the gate: `batch`, `services`, and `findings`, `traces` or `because`. */
  readonly params?: JsonObject;
}

/** Where `verify.gate` stands. */
export interface Gate {
  /** Batches up to this number (from 1) may start: traces, or a person, let them through. */
  readonly open: number;
  /** The batch that is held back now. */
  readonly holding?: { readonly batch: number; readonly since: string; readonly waitingFor?: Reason };
}

/** The run as the cluster knows it: ConfigMap `changeover-run-<name>`, compare-and-swap by resourceVersion. */
export interface RunRecord {
  readonly version: 1;
  readonly name: string;
  readonly planHash: string;
  readonly planName: string;
  readonly policyHash: string;
  readonly policy: JsonObject;
  readonly policyDirectory: string;
  readonly clusterId: string;
  readonly agentLayer: { readonly digest: string; readonly diffId: string; readonly size: number; readonly version: string };
  readonly startedAt: string;
  readonly startedBy: string;
  /** Who the API server says that was (SelfSubjectReview), where it says so. */
  readonly startedAs?: string;
  readonly reason?: string;
  readonly ticket?: string;
  /** Raised by every instance that takes the run over; markers carry it, so an older writer's patch fails its test. */
  readonly epoch: number;
  readonly phase: RunPhase;
  readonly batches: readonly (readonly string[])[];
  readonly decisions: readonly Decision[];
  /** Decisions up to this seq have taken effect. */
  readonly decided: number;
  readonly halt?: Halt;
  /** Absent until the gate has held a batch. */
  readonly gate?: Gate;
  readonly finishedAt?: string;
  /** Set by `finish`: who ended the way back, and when. */
  readonly finalized?: { readonly at: string; readonly by: string };
  /** Workloads the plan skipped, for the report. */
  readonly skipped: readonly { readonly id: string; readonly skip: string; readonly team?: string; readonly params?: Finding['params'] }[];
}

/** Evidence kept with a verdict: enough to understand a failure after the pods are gone. Bounded. */
export interface Evidence {
  readonly pods: readonly { readonly pod: string; readonly node?: string; readonly summary: string }[];
  /** Last lines of the most telling container log, secrets redacted. */
  readonly log: readonly string[];
  readonly cause?: Cause;
  /** What Kubernetes said about its pods and its ReplicaSet, newest last; texts redacted. */
  readonly events?: readonly EventNote[];
  /** Where the whole bundle is kept: a file on the machine that drove the run. */
  readonly file?: string;
}

/** A Kubernetes event about an object of the change. */
export interface EventNote {
  /** RFC 3339; empty where the event does not say. */
  readonly at: string;
  /** `Pod/orders-7d9f-abcde`. */
  readonly object: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

/** A reason with a stable id; text is made at the edge. */
export interface Reason {
  readonly id: string;
  readonly params: JsonObject;
}

/** One workload of a run: a ConfigMap of its own, compare-and-swap by resourceVersion. */
export interface WorkloadRecord {
  readonly version: 1;
  readonly run: string;
  readonly item: MigrateItem;
  readonly state: WorkloadState;
  /** RFC 3339: when this state was entered. */
  readonly since: string;
  readonly epoch: number;
  /** Raised by `retry`; part of the intent. */
  readonly attempt: number;
  /** `<run>.<attempt>`: stands on the pod template, so that pods say which change made them. */
  readonly intent?: string;
  /** Hash of the marker annotation we last wrote (`markerHash`): the next write tests that it is still there. */
  readonly marker?: string;
  /** Our edits as admission stores them, where it writes other values than those of the item; masked like those. */
  readonly written?: readonly Edit[];
  /** Shape of the object before us, needed to restore it exactly. */
  readonly shape?: Shape;
  readonly baseline?: { readonly startupRestarts: number; readonly pods: number };
  /** First moment each new pod was seen Ready, by pod uid, with the server's transition time it belongs to. */
  readonly readySince?: { readonly [podUid: string]: { readonly at: string; readonly transition: string } };
  /** How often each new pod stopped being Ready, by pod uid. */
  readonly flaps?: { readonly [podUid: string]: number };
  /** Uids of new pods that showed the new agent; a log may be rotated away later, a span expire. */
  readonly proven?: readonly string[];
  /** The change holds at one pod; `shape.canary` must be put back before the record is done. */
  readonly canary?: 'open';
  /** Uid of the ReplicaSet whose pods are judged: another one = somebody else changed the template as well. */
  readonly followed?: string;
  /** How often the soak had to begin anew, as pods came or went. */
  readonly unsettled?: number;
  readonly rolloutStartedAt?: string;
  readonly reason?: Reason;
  readonly evidence?: Evidence;
  readonly drill?: Drill;
  readonly findings: readonly Finding[];
  /** Set by `exclude` or `continue`: a person has seen this result, it no longer holds the run. */
  readonly acknowledged?: boolean;
}
