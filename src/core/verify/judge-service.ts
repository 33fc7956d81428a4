import type { Finding } from '../finding.ts';
import { blockingFindings, type Allowance } from '../plan/allowed.ts';
import { countsFrom, isSwitched, workloadOf, type ExpectedService } from './expected-service.ts';
import type { Break, Call, JudgedSpan } from './judge-trace.ts';
import { podsSeen, type PodsSeen } from './pods-seen.ts';
import type { ServiceReport, ServiceVerdict } from './verify-report.ts';

/** Spans reach a store some seconds late (agents send in batches): younger traces are not judged for completeness. */
export const SETTLE_MS = 10_000;
/** A pod that has been Ready for less may not have got a request yet. */
const POD_GRACE_MS = 60_000;
const EXAMPLES = 3;

/** What traces show, as far as services are judged by it. */
export interface ServiceEvidence {
  readonly spans: ReadonlyMap<string, readonly JudgedSpan[]>;
  /** Judged traces a service took part in. */
  readonly traces: ReadonlyMap<string, number>;
  readonly breaks: ReadonlyMap<string, readonly Break[]>;
  /** By the service that was called. */
  readonly calls: ReadonlyMap<string, readonly Call[]>;
}

export interface JudgeServiceOptions {
  /** End of the time traces were read of; milliseconds since the epoch. */
  readonly toMs: number;
  readonly allowance: Allowance;
  /** Makes a trace's link, or its id, of its id. */
  readonly link: (traceId: string) => string;
}

/** Judges one service from what the traces show of it. */
export function judgeService(expected: ExpectedService, evidence: ServiceEvidence, options: JudgeServiceOptions): ServiceReport {
  const { service, workloads } = expected;
  const ids = workloads.map((workload) => workload.id);
  const readyPods = workloads.flatMap((workload) => workload.readyPods);
  if (service === undefined) {
    const finding: Finding = { id: 'service-name-unknown', severity: 'warn', params: {} };
    return { workloads: ids, verdict: 'inconclusive', traces: 0, spans: 0, pods: { ready: readyPods.length, seen: 0 }, findings: [finding] };
  }
  const since = countsFrom(expected);
  const spans = (evidence.spans.get(service) ?? []).filter((span) => span.startMs >= since);
  const known = podsSeen(workloads, spans);
  const pods = { ready: readyPods.length, seen: known.seen.length, ...(known.by.length === 0 ? {} : { by: known.by }) };
  const called = evidence.calls.get(service)?.length ?? 0;
  const counts = {
    spans: spans.length,
    traces: evidence.traces.get(service) ?? 0,
    called,
    ready: pods.ready,
    switched: workloads.length === 0 || isSwitched(expected),
  };
  const breaks = breakFindings(evidence.breaks.get(service) ?? [], options.link);
  const silentPods = spans.length === 0 ? [] : podFindings(known, options.toMs);
  const findings = [...breaks, ...absenceFindings(counts), ...silentPods];
  const verdict = draw(counts, { broken: isHeld(breaks, ids, options.allowance), podsMissing: isHeld(silentPods.map(warningAsBlock), ids, options.allowance) });
  return { service, workloads: ids, verdict, traces: counts.traces, spans: spans.length, pods, findings };
}

interface ServiceCounts {
  readonly spans: number;
  readonly traces: number;
  readonly called: number;
  readonly ready: number;
  readonly switched: boolean;
}

function draw({ spans, traces, called }: ServiceCounts, found: { readonly broken: boolean; readonly podsMissing: boolean }): ServiceVerdict {
  if (spans === 0) return called > 0 ? 'silent' : 'inconclusive';
  if (found.broken) return 'broken';
  return traces > 0 && !found.podsMissing ? 'ok' : 'inconclusive';
}

function absenceFindings({ spans, traces, called, ready, switched }: ServiceCounts): readonly Finding[] {
  if (spans > 0) return traces > 0 ? [] : [{ id: 'traces-too-fresh', severity: 'info', params: { seconds: SETTLE_MS / 1000 } }];
  if (called > 0) return [{ id: 'no-spans', severity: 'block', params: { calls: called } }];
  if (!switched) return [{ id: 'not-reporting', severity: 'info', params: {} }];
  return ready === 0 ? [{ id: 'no-ready-pods', severity: 'info', params: {} }] : [{ id: 'no-traffic', severity: 'info', params: {} }];
}

/** One finding for each kind of break; for calls without an answer one for each caller. */
function breakFindings(breaks: readonly Break[], link: (traceId: string) => string): readonly Finding[] {
  const groups = Map.groupBy(breaks, (each) => (each.id === 'unanswered-calls' ? `${each.id} ${each.from ?? ''}` : each.id));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const traces = [...new Set(group.map((each) => each.traceId))];
    const from = [...new Set(group.flatMap((each) => each.from ?? []))].sort();
    const params = { count: group.length, traces: traces.length, examples: traces.slice(0, EXAMPLES).map(link), ...(from.length === 0 ? {} : { from }) };
    return [{ id: first.id, severity: first.id === 'parent-not-here' ? 'warn' : 'block', params } satisfies Finding];
  });
}

/** Load balancing may simply not have reached a pod: no break, but nothing proves that its agent sends. */
function podFindings({ unseen, named }: PodsSeen, toMs: number): readonly Finding[] {
  const silent = unseen.filter((pod) => pod.sinceMs <= toMs - POD_GRACE_MS).map((pod) => pod.name);
  if (silent.length === 0) return [];
  if (!named) return [{ id: 'pods-unnamed', severity: 'info', params: {} }];
  return [{ id: 'pods-unseen', severity: 'warn', params: { count: silent.length, pods: silent.slice(0, 10) } }];
}

function warningAsBlock(finding: Finding): Finding {
  return finding.severity === 'warn' ? { ...finding, severity: 'block' } : finding;
}

/** Whether a blocking finding stands that nobody has allowed for each of the workloads. */
function isHeld(findings: readonly Finding[], ids: readonly string[], allowance: Allowance): boolean {
  const workloads = ids.length === 0 ? [{ namespace: '', name: '' }] : ids.map(workloadOf);
  return workloads.some((workload) => blockingFindings(findings, workload, allowance).length > 0);
}
