import { jsonEqual } from '../json.ts';
import type { Observation } from './observation.ts';
import { isOver } from './pod-verdict.ts';
import type { WorkloadRecord } from './run-record.ts';

/**
 * Follows since when each new pod is Ready, how often one stopped being Ready, and which have proven their agent. The
 * start counts from our first sight, and only as long as the server's own transition time stays the same: time in which
 * nobody watched (a restart of ours) counts exactly when the pod was Ready throughout. Unchanged record when nothing moved.
 */
export function trackPods(record: WorkloadRecord, observation: Observation): WorkloadRecord {
  const known = record.readySince ?? {};
  const readySince: Record<string, { at: string; transition: string }> = {};
  const flaps: Record<string, number> = { ...record.flaps };
  for (const pod of observation.newPods) {
    const before = known[pod.uid];
    const transition = pod.readyTransition ?? '';
    // A list may be served from an older state than one before it: a transition we have seen the end of is no news.
    if (before && transition < before.transition) {
      readySince[pod.uid] = before;
      continue;
    }
    if (isOver(pod) || pod.terminating) continue;
    const left = before !== undefined && (!pod.ready || before.transition !== transition);
    if (left) flaps[pod.uid] = (flaps[pod.uid] ?? 0) + 1;
    if (!pod.ready) continue;
    readySince[pod.uid] = before && !left ? before : { at: new Date(observation.at).toISOString(), transition };
  }
  const proven = observation.newPods.filter((pod) => observation.proofs[pod.uid]?.kind === 'target').map((pod) => pod.uid);
  const followed = observation.intentSet?.metadata.uid ?? record.followed;
  // Somebody else changed the template beside our fields: another rollout, with its own time.
  const again = record.followed !== undefined && followed !== record.followed;
  const same = followed === record.followed && jsonEqual(flaps, record.flaps ?? {}) && sameKeys(proven, record.proven ?? []) && sameEntries(readySince, known);
  return same
    ? record
    : {
        ...record,
        readySince,
        flaps,
        proven,
        ...(followed === undefined ? {} : { followed }),
        ...(again ? { rolloutStartedAt: new Date(observation.at).toISOString() } : {}),
      };
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key) => b.includes(key));
}

function sameEntries(a: NonNullable<WorkloadRecord['readySince']>, b: NonNullable<WorkloadRecord['readySince']>): boolean {
  return sameKeys(Object.keys(a), Object.keys(b)) && Object.keys(a).every((uid) => a[uid] === b[uid]);
}
