import { matchesGlob } from '../policy/glob.ts';
import type { Policy } from '../policy/policy.ts';
import type { Workload } from '../workload/workload.ts';

/** Why the policy leaves an object out, as far as its manifest tells; undefined = it is meant. `namespaces` narrows the policy's. */
export function leftOut(workload: Workload, policy: Policy, namespaces: readonly string[] | undefined): 'namespace' | 'labels' | 'excluded' | undefined {
  const { select } = policy;
  const { namespace } = workload;
  const isIn = (names: readonly string[]): boolean => namespace === '' || names.length === 0 || names.includes(namespace);
  if (!isIn(select.namespaces) || !isIn(namespaces ?? [])) return 'namespace';
  if (select.exclude.some((pattern) => matchesGlob(pattern.toLowerCase(), workload.id.toLowerCase()))) return 'excluded';
  const labels = workload.object.metadata.labels ?? {};
  return requirements(select.labelSelector ?? '').every((requirement) => holds(requirement, labels)) ? undefined : 'labels';
}

/** Splits at commas outside parentheses. */
function requirements(selector: string): readonly string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** One requirement of a label selector, whose form the policy's schema has checked. */
function holds(requirement: string, labels: { readonly [key: string]: string }): boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement);
  if (set) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    const value = labels[set[1] ?? ''];
    return (value !== undefined && values.includes(value)) === (set[2] === 'in');
  }
  const equal = /^([^\s!=]+)\s*(==?|!=)\s*(\S*)$/.exec(requirement);
  if (equal) return (labels[equal[1] ?? ''] === equal[3]) === (equal[2] !== '!=');
  return requirement.startsWith('!') ? labels[requirement.slice(1).trim()] === undefined : labels[requirement] !== undefined;
}
