import type { Json } from './json.ts';

/** `block` stops the workload unless allowed by id; `warn` needs eyes; `info` explains. */
export type Severity = 'block' | 'warn' | 'info';

/** Something a person should know about a workload. Text is made from id and params at the edge (cli/render). */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly params: { readonly [name: string]: Json };
}

/** Why a workload is not touched. The list is part of the contract. */
export type SkipId =
  | 'no-pods'
  | 'no-jvm'
  | 'no-agent'
  | 'already-on-target'
  | 'required-sidecar-missing'
  | 'excluded'
  | 'ambiguous-container'
  | 'multiple-digests'
  | 'unhealthy-before'
  | 'paused'
  | 'owner-reverts'
  | 'blocked'
  | 'stale'
  | 'locked'
  | 'gone'
  | 'changed-by-others'
  | 'deferred';

export interface Skip {
  readonly id: SkipId;
  readonly params: { readonly [name: string]: Json };
}

/** How a workload ended. The list is part of the contract. */
export type OutcomeStatus = 'migrated' | 'unchanged' | 'skipped' | 'failed' | 'rolled-back' | 'not-run';
