import type { Finding } from '../finding.ts';
import type { Reason } from '../rollout/run-record.ts';

/**
 * - `ok`: spans arrive and every trace judged is whole
 * - `broken`: spans arrive, chains do not hold together
 * - `silent`: other services call it and no span of it arrives
 * - `inconclusive`: nothing can be said (no traffic, no ready pod, name unknown)
 */
export type ServiceVerdict = 'ok' | 'broken' | 'silent' | 'inconclusive';

/** What the trace store shows of one switched service. */
export interface ServiceReport {
  /** Absent where the name the agent reports is not known. */
  readonly service?: string;
  /** `namespace/Kind/name` of the workloads that report under this name. */
  readonly workloads: readonly string[];
  readonly verdict: ServiceVerdict;
  /** Traces judged that the service took part in. */
  readonly traces: number;
  /** Spans since the migration. */
  readonly spans: number;
  readonly pods: { readonly ready: number; readonly seen: number };
  readonly findings: readonly Finding[];
}

/** Calls from one service to another, as traces show them. */
export interface ServiceEdge {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  /** Calls to a switched service that left no span there. */
  readonly unanswered: number;
}

/** What `verify` found. `broken` when any service is broken or silent, else `inconclusive` when any is, else `ok`. */
export interface VerifyReport {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'VerifyReport';
  readonly run: string;
  /** The time traces were read of, RFC 3339. */
  readonly from: string;
  readonly to: string;
  readonly verdict: 'ok' | 'broken' | 'inconclusive';
  /** Why nothing could be judged: `no-trace-store`, `trace-store-failed`, `nothing-migrated`. */
  readonly reason?: Reason;
  readonly services: readonly ServiceReport[];
  readonly edges: readonly ServiceEdge[];
}

/** Puts a report together and draws its verdict. Times are milliseconds since the epoch. */
export function makeVerifyReport(
  run: string,
  window: { readonly fromMs: number; readonly toMs: number },
  found: Pick<VerifyReport, 'services' | 'edges'> & { readonly reason?: Reason },
): VerifyReport {
  const { services, edges } = found;
  const reason = found.reason ?? (services.length === 0 ? { id: 'nothing-migrated', params: {} } : undefined);
  const verdicts = new Set(services.map((service) => service.verdict));
  const unclear = reason !== undefined || verdicts.has('inconclusive');
  return {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'VerifyReport',
    run,
    from: new Date(window.fromMs).toISOString(),
    to: new Date(window.toMs).toISOString(),
    verdict: verdicts.has('broken') || verdicts.has('silent') ? 'broken' : unclear ? 'inconclusive' : 'ok',
    ...(reason ? { reason } : {}),
    services,
    edges,
  };
}
