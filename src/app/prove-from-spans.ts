import type { Observation } from '../core/rollout/observation.ts';
import { proofFromSpans, type SpanAnswer } from '../core/rollout/proof-from-spans.ts';
import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import type { PodView } from '../core/workload/pod-view.ts';
import { serviceName } from './expected-services.ts';
import type { TraceReads } from './trace-reads.ts';

const TRACES = 100;

/** One workload in flight, as it was just seen. */
export interface Seen {
  readonly record: WorkloadRecord;
  readonly observation: Observation;
}

/**
 * Fills in what the trace store says about the new pods, with one query per service for all workloads that report under
 * its name. Without `reads` (nobody drives the run) nothing is asked, and pods that were not proven before wait.
 */
export function proveFromSpans(seen: readonly Seen[], reads: TraceReads | undefined, now: number): readonly Seen[] {
  const groups = Map.groupBy(seen, ({ record, observation }) => serviceName(record, observation.object));
  return [...groups].flatMap(([service, members]) => {
    const answer = reads && ask(reads, { service, members, now });
    return members.map((member) => ({ ...member, observation: { ...member.observation, proofs: proofsOf(member, answer) } }));
  });
}

function ask(
  { store, spans }: TraceReads,
  about: { readonly service: string | undefined; readonly members: readonly Seen[]; readonly now: number },
): SpanAnswer | undefined {
  const { service, members, now } = about;
  if (!store) return { at: now, spans: [], detail: 'the policy names no trace store' };
  if (service === undefined) return { at: now, spans: [], detail: 'the name its agent reports is not known' };
  const starts = members.flatMap((member) => unproven(member).flatMap((pod) => startedMs(pod, member.record) ?? []));
  if (starts.length === 0) return undefined;
  const answer = spans.latest(service, (signal) => store.traces({ service, fromMs: Math.min(...starts), toMs: now, limit: TRACES }, signal));
  if (!answer) return undefined;
  return answer.kind === 'value' ? { at: answer.at, spans: answer.value.flat() } : { at: answer.at, spans: [], detail: answer.detail };
}

function proofsOf(member: Seen, answer: SpanAnswer | undefined): Observation['proofs'] {
  const { record, observation } = member;
  const open = new Set(unproven(member));
  return Object.fromEntries(
    observation.newPods.map((pod) => [
      pod.uid,
      open.has(pod) ? proofFromSpans(answer, pod.name, startedMs(pod, record)) : ({ kind: 'target', line: '' } as const),
    ]),
  );
}

function unproven({ record, observation }: Seen): readonly PodView[] {
  return observation.newPods.filter((pod) => record.proven?.includes(pod.uid) !== true);
}

function startedMs(pod: PodView, record: WorkloadRecord): number | undefined {
  const since = pod.containers.find((each) => each.name === record.item.container)?.runningSince;
  return since === undefined ? undefined : Date.parse(since);
}
