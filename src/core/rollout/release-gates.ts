import type { ReleaseGateRule } from '../policy/policy.ts';
import type { Reason, RunRecord, WorkloadRecord } from './run-record.ts';

/** What a release system is told. */
export interface GateQuestion {
  readonly run: string;
  /** Counted from 1. */
  readonly batch: number;
  /** `namespace/Kind/name`; left out where the whole batch is meant. */
  readonly workload?: string;
  readonly planHash: string;
}

export interface GateAnswer {
  readonly answer: 'allow' | 'deny' | 'wait';
  /** What it says for people; may be empty. */
  readonly reason: string;
}

/** What all gates together say about one workload, and which of them decided it. */
export interface Clearance extends GateAnswer {
  readonly url: string;
}

/**
 * The gates to ask about each waiting workload of a batch: those for the batch until its first member has started, and
 * those for workloads. Pure.
 */
export function questionsFor(
  seen: { readonly run: RunRecord; readonly records: ReadonlyMap<string, WorkloadRecord>; readonly gates: readonly ReleaseGateRule[] },
  batch: { readonly index: number; readonly members: ReadonlySet<string> },
): ReadonlyMap<string, readonly { readonly gate: ReleaseGateRule; readonly question: GateQuestion }[]> {
  const { run, records, gates } = seen;
  const members = [...batch.members].flatMap((id) => records.get(id) ?? []);
  const started = members.some(({ state }) => state !== 'PLANNED' && state !== 'SKIPPED' && state !== 'GONE');
  const asked = gates.filter((gate) => gate.when === 'beforeWorkload' || !started);
  const common = { run: run.name, batch: batch.index + 1, planHash: run.planHash };
  return new Map(
    members
      .filter((record) => record.state === 'PLANNED')
      .map(({ item: { id } }) => [id, asked.map((gate) => ({ gate, question: gate.when === 'beforeBatch' ? common : { ...common, workload: id } }))]),
  );
}

/** One word out of many: a deny beats a wait, a wait beats an allow. */
export function combineAnswers(answers: readonly Clearance[]): Clearance {
  const found = answers.find((each) => each.answer === 'deny') ?? answers.find((each) => each.answer === 'wait');
  return found ?? { answer: 'allow', reason: '', url: '' };
}

/** Why a workload that is not cleared waits. */
export function clearanceReason(id: string, { url, reason }: Clearance): Reason {
  return { id: 'release-gate', params: { workload: id, gate: hostOf(url), detail: reason } };
}

/** A gate for people: its path and query may be nobody's business. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
