import type { Observation } from './observation.ts';
import type { WorkloadRecord } from './run-record.ts';

/**
 * Follows since when each new pod is Ready, and how often one stopped being Ready. The start counts from our first
 * sight, and only as long as the server's own transition time stays the same: time in which nobody watched (a restart of
 * ours) counts exactly when the pod was Ready throughout. Returns the record unchanged when nothing moved.
 */
export function trackReadiness(record: WorkloadRecord, observation: Observation): WorkloadRecord {
  const known = record.readySince ?? {};
  const readySince: Record<string, { at: string; transition: string }> = {};
  let flaps = record.flaps ?? 0;
  for (const pod of observation.newPods) {
    const before = known[pod.uid];
    const transition = pod.readyTransition ?? '';
    if (!pod.ready) {
      if (before) flaps += 1;
      continue;
    }
    if (before && before.transition !== transition) flaps += 1;
    readySince[pod.uid] = before?.transition === transition ? before : { at: new Date(observation.at).toISOString(), transition };
  }
  const same = flaps === (record.flaps ?? 0) && Object.keys(readySince).length === Object.keys(known).length && Object.keys(readySince).every((uid) => known[uid] === readySince[uid]);
  return same ? record : { ...record, readySince, flaps };
}
