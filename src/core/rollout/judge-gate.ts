import type { JsonObject } from '../json.ts';
import type { ServiceReport, VerifyReport } from '../verify/verify-report.ts';
import type { Reason } from './run-record.ts';

/** How long a batch is held for traces that do not come, before a person is asked. Milliseconds. */
export const GATE_WAIT_MS = 10 * 60_000;

const MAX_NAMED = 5;

/** What `verify` says about everything switched so far, at one moment. */
export interface GateObservation {
  /** Milliseconds since the epoch: the traces are no older than this. */
  readonly at: number;
  readonly report: Pick<VerifyReport, 'reason' | 'services'>;
}

export type GateVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'wait'; readonly waitingFor: Reason }
  | { readonly kind: 'broken' | 'expired'; readonly workloads: readonly string[]; readonly params: JsonObject };

/**
 * Judges whether the next batch (number from 1) may start: every switched service must be seen with whole traces. A broken
 * chain is an answer; a service that is not seen, or a store that is down, is waited for, `GATE_WAIT_MS` since `heldSince`. Pure.
 */
export function judgeGate(
  observation: GateObservation | undefined,
  hold: { readonly batch: number; readonly heldSince: number; readonly now: number },
): GateVerdict {
  const { batch, heldSince, now } = hold;
  const services = observation?.report.services ?? [];
  const broken = services.filter((each) => each.verdict === 'broken');
  if (broken.length > 0) return { kind: 'broken', workloads: idsOf(broken), params: { batch, ...brokenParams(broken) } };
  const unseen = services.filter((each) => each.verdict !== 'ok');
  const reason = observation?.report.reason;
  if (observation && unseen.length === 0 && (reason === undefined || reason.id === 'nothing-migrated')) return { kind: 'pass' };
  const params = { batch, ...unseenParams(unseen, reason) };
  if (now - heldSince <= GATE_WAIT_MS) return { kind: 'wait', waitingFor: { id: 'gate-holding', params } };
  return { kind: 'expired', workloads: idsOf(unseen), params: { ...params, minutes: GATE_WAIT_MS / 60_000 } };
}

function brokenParams(broken: readonly ServiceReport[]): JsonObject {
  const findings = broken.flatMap((each) => each.findings).filter((finding) => finding.severity === 'block');
  const traces = findings.flatMap(({ params }) => (Array.isArray(params['examples']) ? params['examples'] : []));
  return {
    services: broken.slice(0, MAX_NAMED).map(nameOf),
    more: Math.max(0, broken.length - MAX_NAMED),
    findings: [...new Set(findings.map((finding) => finding.id))],
    traces: [...new Set(traces)].slice(0, 3),
  };
}

/** `because`: ids of findings, or of the reason why nothing could be read. */
function unseenParams(unseen: readonly ServiceReport[], reason: Reason | undefined): JsonObject {
  const because = reason ? [reason.id] : [...new Set(unseen.flatMap((each) => each.findings.map((finding) => finding.id)))];
  const detail = reason?.params['detail'];
  return {
    services: unseen.slice(0, MAX_NAMED).map(nameOf),
    more: Math.max(0, unseen.length - MAX_NAMED),
    because,
    ...(typeof detail === 'string' ? { detail } : {}),
  };
}

/** People know their workloads; a service that no workload of the run stands behind goes by its own name. */
function nameOf({ workloads, service }: ServiceReport): string {
  return workloads[0] ?? service ?? '';
}

function idsOf(services: readonly ServiceReport[]): readonly string[] {
  return services.flatMap((each) => each.workloads);
}
