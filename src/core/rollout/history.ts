import type { RunPhase, RunRecord, WorkloadRecord } from './run-record.ts';
import { summariseRun } from './summarise-run.ts';

/** One run in a line. */
export interface PastRun {
  readonly run: string;
  readonly phase: RunPhase;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly startedBy: string;
  readonly startedAs?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly decisions: number;
  readonly counts: { readonly [outcome: string]: number };
  /** Set once its way back has ended. */
  readonly finalized?: RunRecord['finalized'];
}

/** Every run of a cluster, newest first. */
export interface History {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'History';
  readonly runs: readonly PastRun[];
}

/** Makes the history of these runs, each with its workloads. Pure. */
export function makeHistory(runs: readonly { readonly run: RunRecord; readonly records: readonly WorkloadRecord[] }[]): History {
  const sorted = [...runs].sort((a, b) => (a.run.startedAt < b.run.startedAt ? 1 : -1));
  return { apiVersion: 'changeover.dev/v1alpha1', kind: 'History', runs: sorted.map(({ run, records }) => pastRun(run, records)) };
}

function pastRun(run: RunRecord, records: readonly WorkloadRecord[]): PastRun {
  const { name, phase, startedAt, startedBy, startedAs, finishedAt, reason, ticket, finalized } = run;
  return {
    run: name,
    phase,
    startedAt,
    startedBy,
    decisions: run.decisions.length,
    counts: summariseRun(run, records).counts,
    ...(startedAs === undefined ? {} : { startedAs }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(finalized ? { finalized } : {}),
  };
}
