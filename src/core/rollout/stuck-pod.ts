import { kindOf } from '../workload/kinds/kind-of.ts';
import { podTemplate, templateAnnotations } from '../workload/pod-template.ts';
import type { PodView } from '../workload/pod-view.ts';
import { INTENT } from './marker.ts';
import type { Observation } from './observation.ts';
import type { WorkloadRecord } from './run-record.ts';

/**
 * The pod that holds up a way back: of our revision, not Ready, and of a kind whose controller waits for it for ever
 * (reference: rollout 2.10). Only once the controller has seen the old template: what replaces the pod is then an old one.
 */
export function findStuckPod({ object, newPods }: Observation, record: WorkloadRecord): PodView | undefined {
  if (!object) return undefined;
  const kind = kindOf(object);
  if (kind.waitsForBadPods?.(object) !== true || !kind.observed(object)) return undefined;
  if (templateAnnotations(podTemplate(object))?.[INTENT] === record.intent) return undefined;
  return newPods.find((pod) => !pod.ready && !pod.terminating);
}
