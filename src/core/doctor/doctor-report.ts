import type { JsonObject } from '../json.ts';

/** One thing that was looked at. Text and fix are made from id and params at the edge. */
export interface Check {
  readonly id:
    | 'cluster'
    | 'permission'
    | 'state-namespace'
    | 'clock'
    | 'fleet'
    | 'registry'
    | 'image'
    | 'push'
    | 'abilities'
    | 'agent-files'
    | 'journal'
    | 'traces';
  /** `unknown` = it could not be looked at, for example because a right is missing. */
  readonly status: 'ok' | 'problem' | 'unknown';
  readonly params: JsonObject;
}

/** Whether this machine and this user can plan and run a migration here. */
export interface DoctorReport {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'DoctorReport';
  /** The worst of all checks. */
  readonly verdict: 'ok' | 'problem' | 'unknown';
  readonly checks: readonly Check[];
}

/** Makes the report of what was looked at. */
export function makeDoctorReport(checks: readonly Check[]): DoctorReport {
  const worst = (['problem', 'unknown'] as const).find((status) => checks.some((check) => check.status === status));
  return { apiVersion: 'changeover.dev/v1alpha1', kind: 'DoctorReport', verdict: worst ?? 'ok', checks };
}
