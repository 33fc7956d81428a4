import type { Finding } from '../finding.ts';
import type { Reason } from '../rollout/run-record.ts';
import type { BaselineReport } from './compare-baseline.ts';
import type { BreakId } from './judge-trace.ts';
import type { PodKey } from './pods-seen.ts';

/**
 * - `ok`: spans arrive and every trace judged is whole
 * - `broken`: spans arrive, chains do not hold together
 * - `silent`: other services call it and no span of it arrives
 * - `inconclusive`: nothing can be said (no traffic, no ready pod, name unknown), or not of every ready pod
 */
export type ServiceVerdict = 'ok' | 'broken' | 'silent' | 'inconclusive';

/** What the trace store shows of one service of the run, or of one beside it whose chains broke. */
export interface ServiceReport {
  /** Absent where the name the agent reports is not known. */
  readonly service?: string;
  /** `namespace/Kind/name` of the workloads that report under this name; none where it is not of the run. */
  readonly workloads: readonly string[];
  readonly verdict: ServiceVerdict;
  /** Traces judged that the service took part in. */
  readonly traces: number;
  /** Spans since the migration, or of the whole window with `--during`. */
  readonly spans: number;
  /** `by`: the resource attributes that named the seen pods. */
  readonly pods: { readonly ready: number; readonly seen: number; readonly by?: readonly PodKey[] };
  readonly findings: readonly Finding[];
}

/** Calls from one service to another, as traces show them. */
export interface ServiceEdge {
  readonly from: string;
  readonly to: string;
  /** `unseen`: the baseline has it, and no trace does. */
  readonly verdict: 'ok' | 'broken' | 'unseen';
  readonly calls: number;
  /** Calls to a service of the run that left no span there. */
  readonly unanswered: number;
  /** Calls whose callee began a trace of its own. */
  readonly cut: number;
  /** Links to traces, or their ids where the store's address is not known: broken ones where there are any. */
  readonly examples: readonly string[];
}

/** Traces by what became of them; `judged` is the sum of `whole`, `broken` and `elsewhere`. */
export interface TraceCounts {
  readonly judged: number;
  readonly whole: number;
  readonly broken: number;
  /** Joined by their ids to a caller that does not report to this store. */
  readonly elsewhere: number;
  /** Read, and too young to judge or begun before they count. */
  readonly notJudged: number;
  /** Traces by kind of break; one trace may have several. */
  readonly breaks: { readonly [id in BreakId]?: number };
}

/** What `verify` found. */
export interface VerifyReport {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'VerifyReport';
  readonly run: string;
  /** The time traces were read of, RFC 3339. */
  readonly from: string;
  readonly to: string;
  /** `broken` when a service is broken or silent or the baseline misses something, else `inconclusive` when anything is, else `ok`. */
  readonly verdict: 'ok' | 'broken' | 'inconclusive';
  /** Why nothing could be judged: `no-trace-store`, `trace-store-failed`, `nothing-migrated`. */
  readonly reason?: Reason;
  readonly traces: TraceCounts;
  readonly services: readonly ServiceReport[];
  readonly edges: readonly ServiceEdge[];
  /** About the report as a whole: `traces-cut` (`warn` where all traces were to be counted). */
  readonly findings: readonly Finding[];
  readonly baseline?: BaselineReport;
}

export const noTraces: TraceCounts = { judged: 0, whole: 0, broken: 0, elsewhere: 0, notJudged: 0, breaks: {} };

/** Puts a report together and draws its verdict. Times are milliseconds since the epoch. */
export function makeVerifyReport(
  run: string,
  window: { readonly fromMs: number; readonly toMs: number },
  found: Partial<Pick<VerifyReport, 'services' | 'edges' | 'traces' | 'findings' | 'baseline' | 'reason'>>,
): VerifyReport {
  const { services = [], edges = [], traces = noTraces, findings = [], baseline } = found;
  const reason = found.reason ?? (services.length === 0 && !baseline ? { id: 'nothing-migrated', params: {} } : undefined);
  const verdicts = new Set([...services.map((service) => service.verdict), baseline?.verdict]);
  const unclear = reason !== undefined || findings.some((finding) => finding.severity !== 'info') || verdicts.has('inconclusive');
  const broken = verdicts.has('broken') || verdicts.has('silent') || verdicts.has('missing');
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'VerifyReport',
    run,
    from: new Date(window.fromMs).toISOString(),
    to: new Date(window.toMs).toISOString(),
    verdict: broken ? 'broken' : unclear ? 'inconclusive' : 'ok',
    ...(reason ? { reason } : {}),
    traces,
    services,
    edges,
    findings,
    ...(baseline ? { baseline } : {}),
  };
}
