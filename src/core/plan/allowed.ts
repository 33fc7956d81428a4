import type { Finding } from '../finding.ts';
import { matchesGlob } from '../policy/glob.ts';
import type { AllowRule } from '../policy/policy.ts';

export interface Allowance {
  /** Ids allowed everywhere (`--allow`). */
  readonly ids: readonly string[];
  readonly rules: readonly AllowRule[];
  /** `YYYY-MM-DD`, UTC: a rule holds up to and including its `until`. */
  readonly today: string;
}

/** Blocking findings of a workload that nobody has allowed. */
export function blockingFindings(
  findings: readonly Finding[],
  workload: { readonly namespace: string; readonly name: string },
  allowance: Allowance,
): readonly Finding[] {
  return findings.filter((finding) => finding.severity === 'block' && !isAllowed(finding.id, `${workload.namespace}/${workload.name}`, allowance));
}

function isAllowed(id: string, name: string, allowance: Allowance): boolean {
  if (allowance.ids.includes(id)) return true;
  return allowance.rules.some(
    (rule) => rule.id === id && (rule.match === undefined || matchesGlob(rule.match, name)) && (rule.until === undefined || allowance.today <= rule.until),
  );
}
