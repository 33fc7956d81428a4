import type { OutcomeStatus } from '../finding.ts';
import type { Decision, Evidence, Gate, Halt, Reason, RunPhase } from './run-record.ts';
import type { Drill } from './drill.ts';
import type { RegistriesUsed } from './event.ts';
import type { WorkloadState } from './workload-state.ts';

/** One workload of a run as `status` shows it. */
export interface WorkloadStatus {
  readonly id: string;
  readonly batch: number;
  readonly state: WorkloadState;
  readonly outcome?: OutcomeStatus;
  readonly since: string;
  readonly reason?: Reason;
  /** For a workload in flight, seen just now: what it waits for. */
  readonly waitingFor?: Reason;
  /** Workloads of one stack share it: they fail together. */
  readonly fingerprint: string;
  readonly evidence?: Evidence;
  /** It was sent forward, back and forward: how long the way back took, once that is known. */
  readonly drill?: Drill;
  readonly acknowledged: boolean;
}

/** The run as the cluster knows it, readable from any machine. */
export interface RunStatus {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'RunStatus';
  readonly run: string;
  readonly planHash: string;
  readonly phase: RunPhase;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly batch: number;
  readonly batches: number;
  readonly halt?: Halt;
  /** The batch that the gate holds back, since when, and what for. */
  readonly holding?: Gate['holding'];
  /** Why nothing new starts now, besides the gate, though nothing is wrong: a closed change window. */
  readonly held?: Reason;
  /** Who drives it now, from the Lease; absent when nobody does. */
  readonly holder?: { readonly identity: string; readonly since: string; readonly renewed: string };
  readonly workloads: readonly WorkloadStatus[];
  readonly skipped: readonly { readonly id: string; readonly skip: string }[];
  readonly counts: { readonly [outcome: string]: number };
  readonly decisions: readonly Decision[];
  /** At the end of a drive: what this instance sent and received, by registry host. */
  readonly registries?: RegistriesUsed;
}
