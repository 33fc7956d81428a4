import type { KubeObject } from '../kube-object.ts';
import { cloneSet } from './clone-set.ts';
import { cronJob } from './cron-job.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { rollout } from './rollout.ts';
import { statefulSet } from './stateful-set.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** The kinds that can be moved, in the order people read them. */
export const workloadKinds: readonly WorkloadKind[] = [deployment, statefulSet, daemonSet, cronJob, rollout, cloneSet];

const byName = new Map(workloadKinds.map((each) => [each.resource.kind, each]));

/** The rules of a kind by its name; undefined where it is none we know. */
export function findKind(kind: string): WorkloadKind | undefined {
  return byName.get(kind);
}

/** The rules of an object's kind. Those of a Deployment where the kind is none we know (parts of manifests, tests). */
export function kindOf(object: Pick<KubeObject, 'kind'>): WorkloadKind {
  return byName.get(object.kind) ?? deployment;
}
