import type { BaseGroup } from './base-report.ts';

/** An image of the fleet that holds the old agent. */
export interface CarryingImage {
  /** `repository@digest`. */
  readonly image: string;
  /** Lowest first. */
  readonly diffIds: readonly string[];
  /** Position of the layer that brings the agent's jar, from 0. */
  readonly agentLayer: number;
  /** What it says of its base; empty where it does not. */
  readonly baseName: string;
  readonly workloads: readonly string[];
}

/**
 * Groups images by the leading diff IDs up to the layer that brings the agent in: equal there = the agent came out of one build. A group of several
 * images shares a base, which is all that they have in common; one alone brings the agent by itself. Most workloads first. Pure.
 */
export function groupBases(images: readonly CarryingImage[]): { readonly bases: readonly BaseGroup[]; readonly own: readonly BaseGroup[] } {
  const groups = [...Map.groupBy(images, ({ diffIds, agentLayer }) => diffIds.slice(0, agentLayer + 1).join(' ')).values()];
  const reported = groups.map(toGroup).sort((a, b) => b.workloads.length - a.workloads.length || (a.images.join() < b.images.join() ? -1 : 1));
  return { bases: reported.filter((group) => group.images.length > 1), own: reported.filter((group) => group.images.length === 1) };
}

function toGroup(members: readonly CarryingImage[]): BaseGroup {
  const [first, ...others] = members;
  if (!first) throw new Error('an empty group');
  const length = Math.min(...others.map((other) => sharedLength(first.diffIds, other.diffIds)), first.diffIds.length);
  return {
    diffIds: first.diffIds.slice(0, length),
    agentLayer: first.agentLayer + 1,
    names: [...new Set(members.map((each) => each.baseName).filter((name) => name !== ''))].sort(),
    images: [...new Set(members.map((each) => each.image))].sort(),
    workloads: [...new Set(members.flatMap((each) => each.workloads))].sort(),
  };
}

function sharedLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((diffId, index) => diffId !== b[index]);
  return differs < 0 ? a.length : differs;
}
