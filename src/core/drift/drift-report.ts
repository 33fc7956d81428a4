import type { DriftItem } from './find-drift.ts';

/** What is no longer, or newly, to be migrated. */
export interface DriftReport {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'DriftReport';
  /** The run whose policy was used. */
  readonly run: string;
  /** RFC 3339: when the fleet was read. */
  readonly at: string;
  /** Workloads that the policy selects. */
  readonly checked: number;
  readonly items: readonly DriftItem[];
}
