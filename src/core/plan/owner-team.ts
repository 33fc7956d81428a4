import type { Policy } from '../policy/policy.ts';
import { podTemplate, templateLabels } from '../workload/pod-template.ts';
import type { Workload } from '../workload/workload.ts';
import type { Owner } from './plan.ts';

/** An owner as messages name it: `argo-cd shop-app`, `helm`, `operator Canary/orders`. */
export function ownerOf(owner: Owner): string {
  return owner.name === undefined ? owner.kind : `${owner.kind} ${owner.name}`;
}

/** The team of a workload: the value of the policy's owner label on the workload, else on its template. */
export function teamOf(workload: Workload, policy: Policy): string | undefined {
  const { label } = policy.owners;
  if (label === undefined) return undefined;
  return workload.object.metadata.labels?.[label] ?? templateLabels(podTemplate(workload.object))[label];
}
