import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Workload } from '../workload/workload.ts';

/** Pods a rollout of this workload may have beyond those it wants, by the rules of its kind. */
export function surgeOf(workload: Workload): number {
  return kindOf(workload.object).surge(workload.object);
}
