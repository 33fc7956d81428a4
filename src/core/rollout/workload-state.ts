import type { OutcomeStatus } from '../finding.ts';

/** Where one workload stands. Names follow reference/rollout: what is persisted before each step is entered. */
export type WorkloadState =
  | 'PLANNED'
  | 'ARTIFACT'
  | 'READY'
  | 'CLAIMED'
  | 'APPLY_INTENT'
  | 'APPLIED'
  /** One new pod runs and is judged, the old ones beside it. */
  | 'CANARY'
  | 'ROLLING'
  | 'SOAKING'
  | 'SUCCEEDED'
  /** Crashed within the hour after its success: a person decides. */
  | 'REGRESSED'
  /** Changed by us while no pod runs: migrated, unverified. */
  | 'DEFERRED_ZERO'
  /** Changed by us; its pods come with the next run of a CronJob: migrated, unverified. */
  | 'DEFERRED_VERIFY'
  /** Migrated, and its way back was ended by `finish`. */
  | 'FINALIZED'
  | 'RB_INTENT'
  | 'RB_ROLLING'
  | 'ROLLED_BACK'
  | 'RB_FAILED'
  | 'INCONCLUSIVE'
  | 'CONFLICT'
  | 'EXT_CHANGED'
  | 'GONE'
  | 'SKIPPED';

const outcomes = {
  PLANNED: 'not-run',
  ARTIFACT: undefined,
  READY: undefined,
  CLAIMED: undefined,
  APPLY_INTENT: undefined,
  APPLIED: undefined,
  CANARY: undefined,
  ROLLING: undefined,
  SOAKING: undefined,
  SUCCEEDED: 'migrated',
  REGRESSED: 'failed',
  DEFERRED_ZERO: 'migrated',
  DEFERRED_VERIFY: 'migrated',
  FINALIZED: 'migrated',
  RB_INTENT: undefined,
  RB_ROLLING: undefined,
  ROLLED_BACK: 'rolled-back',
  RB_FAILED: 'failed',
  INCONCLUSIVE: 'failed',
  CONFLICT: 'failed',
  EXT_CHANGED: 'skipped',
  GONE: 'skipped',
  SKIPPED: 'skipped',
} as const satisfies Record<WorkloadState, OutcomeStatus | undefined>;

/** The outcome a state means; undefined while the workload is on its way. */
export function outcomeOf(state: WorkloadState): OutcomeStatus | undefined {
  return outcomes[state];
}

/** Terminal: the engine does nothing more with it on its own. */
export function isTerminal(state: WorkloadState): boolean {
  return state !== 'PLANNED' && outcomes[state] !== undefined;
}

/** Our change is, or may be, on the object and pods may be moving: an interrupt must settle these first. */
export function isInFlight(state: WorkloadState): boolean {
  return !isTerminal(state) && state !== 'PLANNED' && state !== 'ARTIFACT' && state !== 'READY';
}

/** Whether a text names a state. */
export function isWorkloadState(text: string): text is WorkloadState {
  return Object.hasOwn(outcomes, text);
}
