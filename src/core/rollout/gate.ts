import { jsonEqual } from '../json.ts';
import type { Action, Situation } from './decide.ts';
import { judgeGate, type GateVerdict } from './judge-gate.ts';
import type { Gate, Halt, Reason, RunRecord } from './run-record.ts';

/** A batch that must not start yet: its number, from 1. */
export interface HeldBatch {
  readonly number: number;
}

/**
 * The batch that `verify.gate` holds back; undefined when none is. Everything in flight is done before a later batch is
 * active, and a batch that was let through once stays so: a resume neither holds it again nor forgets it.
 */
export function heldBatch(run: RunRecord, active: { readonly index: number } | undefined): HeldBatch | undefined {
  if (!active || active.index === 0 || active.index < openBatches(run)) return undefined;
  return { number: active.index + 1 };
}

/** One step at the barrier: the hold is stored first, then what it waits for, then that it is over. */
export function stepGate(situation: Situation, held: HeldBatch): readonly Action[] {
  const { run } = situation;
  const holding = holdOf(run, held);
  if (!holding) return [{ kind: 'gate', gate: { open: openBatches(run), holding: { batch: held.number, since: new Date(situation.now).toISOString() } } }];
  const verdict = situation.gate && judgeHeld(situation, held);
  switch (verdict?.kind) {
    case 'pass':
      return [{ kind: 'gate', gate: { open: held.number } }];
    case 'wait': {
      const { waitingFor } = verdict;
      const next: Gate = { open: openBatches(run), holding: { ...holding, waitingFor } };
      return [...(sameReason(waitingFor, holding.waitingFor) ? [] : [{ kind: 'gate', gate: next } as const]), { kind: 'holding', waitingFor }];
    }
    default:
      return []; // not answered yet; broken and expired halt the run
  }
}

/** Why a held batch needs a person; undefined while it may still be let through by itself. */
export function gateHalt(situation: Situation, held: HeldBatch): Halt | undefined {
  const verdict = judgeHeld(situation, held);
  if (verdict?.kind !== 'broken' && verdict?.kind !== 'expired') return undefined;
  const halt = (id: string): Halt => ({ at: new Date(situation.now).toISOString(), id, workloads: verdict.workloads, params: verdict.params });
  return verdict.kind === 'broken' ? halt('gate-broken') : halt('gate-inconclusive');
}

/** The gate after a person said `continue` (the held batch may start) or `retry` (it is judged anew). */
export function decideGate(run: RunRecord, decision: 'continue' | 'retry'): { readonly gate?: Gate } {
  const { gate } = run;
  if (!gate?.holding) return gate ? { gate } : {};
  const atGate = run.phase === 'RUNNING' || (run.phase === 'HALTED' && run.halt?.id.startsWith('gate-') === true);
  return { gate: { open: decision === 'continue' && atGate ? gate.holding.batch : gate.open } };
}

function judgeHeld(situation: Situation, held: HeldBatch): GateVerdict | undefined {
  const holding = holdOf(situation.run, held);
  return holding && judgeGate(situation.gate, { batch: held.number, heldSince: Date.parse(holding.since), now: situation.now });
}

function holdOf(run: RunRecord, held: HeldBatch): Gate['holding'] {
  return run.gate?.holding?.batch === held.number ? run.gate.holding : undefined;
}

function sameReason(a: Reason, b: Reason | undefined): boolean {
  return a.id === b?.id && jsonEqual(a.params, b.params);
}

/** Batches that may start, whatever the traces say; the first one always may. */
function openBatches(run: RunRecord): number {
  return run.gate?.open ?? 1;
}
