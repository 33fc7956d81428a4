import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import { serviceNameOf } from '../core/sw8/segment-to-otlp.ts';
import type { ExpectedService, ExpectedWorkload, ReadyPod } from '../core/verify/expected-service.ts';
import { canonicalNames, type CanonicalName } from '../core/verify/service-names.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import { containers, podSpec, podTemplate } from '../core/workload/pod-template.ts';
import { viewPod } from '../core/workload/pod-view.ts';
import type { Cluster } from '../ports/cluster.ts';
import { kindOf } from '../core/workload/kinds/kind-of.ts';
import { selectorOf } from '../core/workload/selector-of.ts';
import { pooled } from './pooled.ts';
import { resources, workloadRef } from './resources.ts';

const SERVICE_NAME = 'OTEL_SERVICE_NAME';
const LONGEST_OLD_NAME = 50;

export interface ExpectedFleet {
  readonly services: readonly ExpectedService[];
  readonly canonical: CanonicalName;
  /** Every name the services go by, or went by before. */
  readonly names: readonly string[];
}

/**
 * What is to be seen of the workloads: under which name, from which pods, and from when on (since each was switched, or
 * from `countsFromMs` for all). Reads the cluster; errors as `Cluster` lists them.
 */
export async function expectFleet(
  cluster: Cluster,
  records: readonly WorkloadRecord[],
  options: { readonly countsFromMs?: number; readonly isSwitched: (record: WorkloadRecord) => boolean; readonly signal?: AbortSignal },
): Promise<ExpectedFleet> {
  const members = await pooled(records, 4, async (record): Promise<Member> => {
    const switched = options.isSwitched(record);
    const object = await cluster.get(workloadRef(record.item.id), options.signal);
    const readyPods = object && switched ? await readReadyPods(cluster, object, options.signal) : [];
    const workload = { id: record.item.id, switched, countsFromMs: options.countsFromMs ?? switchedAtMs(record), readyPods };
    const before = record.item.agent.serviceName;
    const named = switched ? serviceName(record, object) : before;
    return { service: named && serviceNameOf(named), before, workload };
  });
  const renamed = members.flatMap(({ service, before = '' }) => (service === undefined ? [] : oldNames(before).map((name) => [name, service] as const)));
  const canonical = canonicalNames(new Map(renamed));
  const groups = Map.groupBy(members, ({ service, workload }) => (service === undefined ? ` ${workload.id}` : canonical(service)));
  return {
    services: [...groups].map(([name, group]) => ({
      service: group[0]?.service === undefined ? undefined : name,
      workloads: group.map((each) => each.workload),
    })),
    canonical,
    names: [
      ...new Set(
        members.flatMap(({ service, before }) => [service, before].flatMap((name) => (name === undefined ? [] : [name, serviceNameOf(name), canonical(name)]))),
      ),
    ],
  };
}

interface Member {
  readonly service: string | undefined;
  /** What the old agent called it. */
  readonly before: string | undefined;
  readonly workload: ExpectedWorkload;
}

/** SkyWalking cuts long names, and shows them cut. */
function oldNames(before: string): readonly string[] {
  const name = serviceNameOf(before);
  return [name, name.slice(0, LONGEST_OLD_NAME)].filter((each) => each !== '');
}

async function readReadyPods(cluster: Cluster, object: KubeObject, signal: AbortSignal | undefined): Promise<readonly ReadyPod[]> {
  if (kindOf(object).revisions === 'none') return [];
  const query = { resource: resources.pod, namespace: object.metadata.namespace ?? '', labelSelector: selectorOf(object) };
  const pods = (await cluster.list(query, signal)).map((pod) => viewPod(pod));
  return pods
    .filter((pod) => pod.ready && !pod.terminating)
    .map(({ name, readyTransition }) => ({ name, sinceMs: readyTransition === undefined ? 0 : Date.parse(readyTransition) }));
}

/** When the last new pod became Ready: from then on no old pod was needed. */
function switchedAtMs(record: WorkloadRecord): number {
  const ready = Object.values(record.readySince ?? {}).map(({ at }) => Date.parse(at));
  return ready.length > 0 ? Math.max(...ready) : Date.parse(record.since);
}

/** The pod's own variable wins over the image's; without either the agent goes by the old agent's name, as far as that is known. */
export function serviceName({ item }: WorkloadRecord, object: KubeObject | undefined): string | undefined {
  const container = object && containers(podSpec(podTemplate(object))).find((each) => each.name === item.container);
  const live = container?.env?.findLast((each) => each.name === SERVICE_NAME);
  if (live) return live.value === undefined || live.value.includes('$(') ? undefined : live.value;
  return item.target.env[SERVICE_NAME] ?? item.agent.serviceName;
}
