import type { WorkloadState } from '../../../core/rollout/workload-state.ts';
import type { RunPhase } from '../../../core/rollout/run-record.ts';
import type { OutcomeStatus } from '../../../core/finding.ts';
import type { Tone } from '../paint.ts';

/** The word a person reads for a state. */
export const stateTexts = {
  PLANNED: 'waiting',
  ARTIFACT: 'image',
  READY: 'ready',
  CLAIMED: 'claiming',
  APPLY_INTENT: 'applying',
  APPLIED: 'applied',
  CANARY: 'canary',
  ROLLING: 'rolling',
  SOAKING: 'soaking',
  SUCCEEDED: 'migrated',
  REGRESSED: 'crashed later',
  DEFERRED_ZERO: 'migrated, unverified',
  DEFERRED_VERIFY: 'migrated, unverified',
  FINALIZED: 'migrated, final',
  RB_INTENT: 'turning back',
  RB_ROLLING: 'turning back',
  ROLLED_BACK: 'rolled back',
  RB_FAILED: 'rollback failed',
  INCONCLUSIVE: 'inconclusive',
  CONFLICT: 'conflict',
  EXT_CHANGED: 'changed by others',
  GONE: 'gone',
  SKIPPED: 'skipped',
} as const satisfies Record<WorkloadState, string>;

/** Mark and tone of a state: the mark says the same without colour. */
export function stateMark(state: WorkloadState): { readonly mark: string; readonly tone?: Tone } {
  if (state === 'SUCCEEDED' || state === 'FINALIZED') return { mark: '✓', tone: 'good' };
  if (state === 'RB_FAILED' || state === 'CONFLICT' || state === 'REGRESSED') return { mark: '✗', tone: 'bad' };
  if (state === 'ROLLED_BACK' || state === 'RB_INTENT' || state === 'RB_ROLLING') return { mark: '↩', tone: 'caution' };
  if (state === 'INCONCLUSIVE' || state === 'DEFERRED_ZERO' || state === 'DEFERRED_VERIFY') return { mark: '?', tone: 'caution' };
  if (state === 'SKIPPED' || state === 'GONE' || state === 'EXT_CHANGED') return { mark: '-', tone: 'quiet' };
  return state === 'PLANNED' ? { mark: ' ', tone: 'quiet' } : { mark: '•', tone: 'accent' };
}

/** The word for a run's phase. */
export const phaseTexts = {
  PREPARING: 'preparing',
  RUNNING: 'running',
  HALTED: 'halted',
  PAUSED: 'paused',
  ROLLING_BACK: 'rolling back',
  COMPLETED: 'completed',
  ABORTED: 'aborted',
} as const satisfies Record<RunPhase, string>;

const outcomeWords: { readonly [outcome in OutcomeStatus | 'in-progress']: { readonly word: string; readonly tone?: Tone } } = {
  migrated: { word: 'migrated', tone: 'good' },
  unchanged: { word: 'already there' },
  'in-progress': { word: 'in progress', tone: 'accent' },
  'rolled-back': { word: 'rolled back', tone: 'caution' },
  failed: { word: 'failed', tone: 'bad' },
  skipped: { word: 'skipped' },
  'not-run': { word: 'to go' },
};

/** `40 migrated`, `2 rolled back`, …: what is not zero, best first. */
export function countTexts(counts: { readonly [outcome: string]: number }): readonly { readonly text: string; readonly tone?: Tone }[] {
  return Object.entries(outcomeWords)
    .filter(([outcome]) => (counts[outcome] ?? 0) > 0)
    .map(([outcome, { word, tone }]) => ({ text: `${counts[outcome]} ${word}`, ...(tone ? { tone } : {}) }));
}
