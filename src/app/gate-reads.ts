import { activeBatch, type Situation } from '../core/rollout/decide.ts';
import type { ReleaseGateRule } from '../core/policy/policy.ts';
import { closedReason } from '../core/rollout/hold-start.ts';
import { combineAnswers, questionsFor, type Clearance, type GateAnswer, type GateQuestion } from '../core/rollout/release-gates.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseGate } from '../ports/release-gate.ts';
import { BackgroundReads, type Answer } from './background-reads.ts';

/** What one instance that drives a run asks of release systems; no turn waits for an answer. */
export interface GateReads {
  readonly port: ReleaseGate | undefined;
  readonly answers: BackgroundReads<GateAnswer>;
}

export function openGateReads({ releaseGate, clock }: { readonly releaseGate?: ReleaseGate; readonly clock: Clock }): GateReads {
  return { port: releaseGate, answers: new BackgroundReads(clock) };
}

/** What the gates last said about each waiting workload of the active batch. Nothing is asked while nothing may start anyway. */
export function readClearances(reads: GateReads, situation: Situation, gates: readonly ReleaseGateRule[]): ReadonlyMap<string, Clearance> {
  const { run, records, stopping, holds, now } = situation;
  const batch = activeBatch(situation);
  if (!batch || run.phase !== 'RUNNING' || stopping || (holds && closedReason(holds.windows, now))) return new Map();
  const found = new Map<string, Clearance>();
  for (const [id, asked] of questionsFor({ run, records, gates }, batch)) {
    const answers = asked.map(({ gate, question }) => clearanceOf(gate, latest(reads, gate, question, run.decided)));
    found.set(id, combineAnswers(answers));
  }
  return found;
}

/** A person's decision makes every question a new one: what was denied may be allowed by then. */
function latest({ port, answers }: GateReads, gate: ReleaseGateRule, question: GateQuestion, decided: number): Answer<GateAnswer> | undefined {
  const missing = async (): Promise<GateAnswer> => ({ answer: 'wait', reason: 'release gates cannot be asked from here' });
  return answers.latest(JSON.stringify([gate, question, decided]), (signal) => (port ? port.ask(gate, question, signal) : missing()));
}

function clearanceOf({ url }: ReleaseGateRule, answer: Answer<GateAnswer> | undefined): Clearance {
  if (!answer) return { answer: 'wait', reason: 'it has been asked', url };
  return answer.kind === 'value' ? { ...answer.value, url } : { answer: 'wait', reason: answer.detail, url };
}
