import type { JsonObject } from '../json.ts';
import type { Reason } from './run-record.ts';
import type { WorkloadState } from './workload-state.ts';

/** What happened, one JSON line each with `-o json`; the live view is a function of these. */
export type RunEvent = {
  readonly kind: 'Event';
  readonly time: string;
  readonly run: string;
  readonly seq: number;
} & EventBody;

/** Requests and bytes of bodies, by registry host. */
export type RegistriesUsed = { readonly [host: string]: { readonly requests: number; readonly up: number; readonly down: number } };

export type EventBody =
  | {
      readonly type: 'run.started';
      readonly workloads: number;
      readonly batches: number;
      readonly resumed: boolean;
      readonly epoch: number;
      /** Outcomes of workloads that had ended before; missing = not told. */
      readonly done?: { readonly [outcome: string]: number };
    }
  | { readonly type: 'batch.started'; readonly batch: number; readonly of: number; readonly workloads: readonly string[] }
  | {
      readonly type: 'image.pushed';
      readonly workload: string;
      readonly reference: string;
      readonly digest: string;
      readonly how: string;
      /** What this instance has sent and received so far, by registry host. */
      readonly registries: RegistriesUsed;
    }
  | {
      readonly type: 'workload.state';
      readonly workload: string;
      readonly from: WorkloadState;
      readonly to: WorkloadState;
      readonly waitingFor?: Reason;
    }
  /** The state did not change, but what is waited for did. */
  | { readonly type: 'workload.verdict'; readonly workload: string; readonly verdict: string; readonly reason: Reason; readonly evidence?: JsonObject }
  | { readonly type: 'decision.recorded'; readonly decision: string; readonly targets: readonly string[]; readonly by: string }
  | { readonly type: 'run.halted'; readonly reason: Reason; readonly workloads: readonly string[] }
  | {
      readonly type: 'run.finished';
      readonly phase: string;
      readonly counts: { readonly [outcome: string]: number };
      readonly registries?: RegistriesUsed;
    }
  | { readonly type: 'warning'; readonly workload?: string; readonly reason: Reason };
