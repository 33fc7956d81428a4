import type { Finding, Skip } from '../finding.ts';
import { matchesGlob } from '../policy/glob.ts';
import type { Policy } from '../policy/policy.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import { containers, initContainers, podSpec, podTemplate } from '../workload/pod-template.ts';
import { digestOfImageId, viewPod } from '../workload/pod-view.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** A container that may be the business container, with the digests its live pods run. */
export interface Candidate {
  readonly container: Container;
  readonly digests: readonly string[];
  /** No pod runs it, and none has to: what its image reference names is what the next pod would run. */
  readonly unrun?: true;
}

/** What can be said of a workload before any image is read. */
export interface FirstLook {
  /** Set when pods and policy alone already rule it out. */
  readonly skip?: Skip;
  /** Containers worth looking into, in the template's order; those the policy's patterns skip are left out. */
  readonly candidates: readonly Candidate[];
}

/**
 * Judges a workload by policy and live pods. Sidecar rules look at the pods, since meshes inject at pod creation, as
 * containers or as native sidecars; the business container is looked for in the template, which is what we change.
 */
export function firstLook(workload: Workload, policy: Policy): FirstLook {
  const candidates = findCandidates(workload, policy);
  const skip = firstReason(workload, policy);
  return skip ? { skip, candidates } : { candidates };
}

/** Whether a workload carries the container name rule: its name starts with the container's name. */
export function matchesNameRule(workload: Workload, container: string, policy: Policy): boolean {
  return policy.select.container.namePrefixOfWorkload && workload.name.startsWith(container);
}

/** Whether the policy leaves this workload out by name (`namespace/kind/name`, kind without regard to case, `*` as wildcard). */
export function isExcluded(workload: Workload, policy: Policy): boolean {
  return policy.select.exclude.some((pattern) => matchesGlob(pattern.toLowerCase(), workload.id.toLowerCase()));
}

function firstReason(workload: Workload, policy: Policy): Skip | undefined {
  if (isExcluded(workload, policy)) return { id: 'excluded', params: {} };
  const obstacle = kindOf(workload.object).obstacle(workload.object);
  if (obstacle?.params['because'] === 'workload-ref') return obstacle;
  if (workload.pods.length === 0 && !mayBeIdle(workload, policy)) return { id: 'no-pods', params: {} };
  // Where no pod can show what a mesh injects, only what the template itself has is known.
  const specs = workload.pods.length === 0 ? [podSpec(podTemplate(workload.object))] : workload.pods.map(podSpec);
  const missing = policy.select.requireSidecar.find((name) => !specs.every((spec) => runsContainer(spec, name)));
  if (missing !== undefined) return { id: 'required-sidecar-missing', params: { sidecar: missing } };
  return undefined;
}

/** Whether a workload without pods is changed all the same: it wants none now, and the policy or its kind says so. */
export function mayBeIdle({ object }: Workload, policy: Policy): boolean {
  const kind = kindOf(object);
  return kind.wanted(object) === 0 && (policy.select.includeZero || kind.deferred !== undefined);
}

/** What there is to know about a change that no pod can prove. */
export function idleFindings(workload: Workload, policy: Policy): readonly Finding[] {
  if (workload.pods.length > 0 || !mayBeIdle(workload, policy)) return [];
  return [{ id: 'unverified', severity: 'warn', params: { because: kindOf(workload.object).deferred ?? 'scaled-to-zero' } }];
}

function runsContainer(spec: Parameters<typeof containers>[0], name: string): boolean {
  const native = initContainers(spec).filter((each) => each['restartPolicy'] === 'Always');
  return [...containers(spec), ...native].some((each) => each.name === name);
}

function findCandidates(workload: Workload, policy: Policy): readonly Candidate[] {
  const patterns = policy.select.container.skip;
  return containers(podSpec(podTemplate(workload.object)))
    .filter((container) => matchesNameRule(workload, container.name, policy) || !patterns.some((pattern) => matchesGlob(pattern, container.name)))
    .map((container) => ({ container, digests: runningDigests(workload, container.name), ...(workload.pods.length === 0 ? { unrun: true } : {}) }));
}

function runningDigests(workload: Workload, container: string): readonly string[] {
  const digests = workload.pods.map((pod) => digestOfImageId(viewPod(pod).containers.find((each) => each.name === container && !each.init)?.imageId ?? ''));
  return [...new Set(digests.filter((digest) => digest !== undefined))];
}

/** Health of the live pods: a workload that is already ill or in the middle of a rollout is not a fair start. */
export function illBefore(workload: Workload): Skip | undefined {
  const kind = kindOf(workload.object);
  const obstacle = kind.obstacle(workload.object);
  if (obstacle) return obstacle;
  const wanted = kind.wanted(workload.object);
  const ready = workload.pods.map(viewPod).filter((pod) => pod.ready).length;
  if (ready < wanted) return { id: 'unhealthy-before', params: { ready, wanted } };
  return undefined;
}
