import type { Finding } from '../finding.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Workload } from '../workload/workload.ts';

/** Pods a rollout of this workload may have beyond those it wants, by the rules of its kind. */
export function surgeOf(workload: Workload): number {
  return kindOf(workload.object).surge(workload.object);
}

/** A workload whose rollout alone needs more pods than the run may have extra: it is not refused, and shares the time with no other. */
export function surgeFindings(workload: Workload, maxSurgePods: number): readonly Finding[] {
  const surge = surgeOf(workload);
  return surge > maxSurgePods ? [{ id: 'surge-alone', severity: 'info', params: { surge, limit: maxSurgePods } }] : [];
}
