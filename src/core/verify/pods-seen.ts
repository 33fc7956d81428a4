import type { ExpectedWorkload, ReadyPod } from './expected-service.ts';
import type { JudgedSpan } from './judge-trace.ts';

/** How a span names its pod: the Downward API's, the host name (the pod's own, unless the pod says otherwise), an instance name that holds it. */
const KEYS = ['k8s.pod.name', 'host.name', 'service.instance.id'] as const;
export type PodKey = (typeof KEYS)[number];

export interface PodsSeen {
  readonly seen: readonly string[];
  readonly unseen: readonly ReadyPod[];
  /** The resource attributes the seen pods were known by. */
  readonly by: readonly PodKey[];
  /** False where spans do not say which pod they are of: then an unseen pod means nothing. */
  readonly named: boolean;
}

/** Which of the ready pods of `workloads` sent spans. Pods that are gone by now still show that spans name theirs. */
export function podsSeen(workloads: readonly ExpectedWorkload[], spans: readonly JudgedSpan[]): PodsSeen {
  const values = new Map(KEYS.map((key) => [key, [...new Set(spans.flatMap(({ resource }) => resource[key] ?? []))]]));
  const keysOf = (pod: string): readonly PodKey[] => KEYS.filter((key) => values.get(key)?.some((value) => names(key, value, pod)));
  const known = workloads.flatMap((workload) => workload.readyPods).map((pod) => ({ pod, keys: keysOf(pod.name) }));
  const prefixes = workloads.map((workload) => `${workload.id.split('/')[2]}-`);
  return {
    named: [...values.values()].flat().some((value) => prefixes.some((prefix) => within(value, prefix))),
    seen: known.filter(({ keys }) => keys.length > 0).map(({ pod }) => pod.name),
    unseen: known.filter(({ keys }) => keys.length === 0).map(({ pod }) => pod),
    by: KEYS.filter((key) => known.some(({ keys }) => keys.includes(key))),
  };
}

/** An instance is often named `<something>@<pod>`; `orders-1` is not in `orders-10`. */
function names(key: PodKey, value: string, pod: string): boolean {
  return key === 'service.instance.id' ? within(value, pod, '(?![a-z0-9-])') : value === pod;
}

/** Whether a name stands in the text and not only as the end of a longer one. */
function within(text: string, name: string, end = ''): boolean {
  return new RegExp(`(?<![a-z0-9-])${name.replaceAll('.', '\\.')}${end}`).test(text);
}
