import type { RunEvent } from '../../core/rollout/event.ts';
import type { Reason } from '../../core/rollout/run-record.ts';
import { isTerminal, outcomeOf, type WorkloadState } from '../../core/rollout/workload-state.ts';

/** A workload on its way, as the events tell it. Times are milliseconds since the epoch. */
export interface LiveWorkload {
  readonly id: string;
  readonly state: WorkloadState;
  /** When it left the queue. */
  readonly startedAt: number;
  readonly reason?: Reason;
  /** When the reason was said: countdowns run from there. */
  readonly reasonAt: number;
  /** The longest countdown seen: the soak as a whole, in milliseconds. */
  readonly soakMs?: number;
  /** Why it turns back. */
  readonly failure?: Reason;
}

/** What the live view knows, made from events alone. */
export interface LiveModel {
  readonly run: string;
  readonly startedAt: number | undefined;
  readonly total: number;
  readonly batch: number;
  readonly batches: number;
  /** Start of each batch seen; the estimate is made from these. */
  readonly batchStarts: readonly number[];
  /** Order of the rows: as the batch lists them. */
  readonly order: readonly string[];
  readonly inFlight: ReadonlyMap<string, LiveWorkload>;
  readonly counts: { readonly [outcome: string]: number };
  readonly halted?: Reason;
  /** Why nothing new is started, though nothing is wrong. */
  readonly holding?: Reason;
}

/** Warnings that hold starts back for a while. */
const HOLDING: readonly string[] = ['gate-holding', 'window-closed', 'release-gate', 'surge-limit'];

export const emptyModel: LiveModel = {
  run: '',
  startedAt: undefined,
  total: 0,
  batch: 0,
  batches: 0,
  batchStarts: [],
  order: [],
  inFlight: new Map(),
  counts: {},
};

/** The model after one more event. Pure. */
export function followEvent(model: LiveModel, event: RunEvent): LiveModel {
  const at = Date.parse(event.time);
  const next = { ...model, run: event.run, startedAt: model.startedAt ?? at };
  switch (event.type) {
    case 'run.started': {
      const { halted: _halted, holding: _holding, ...rest } = next;
      return { ...rest, total: event.workloads, batches: event.batches, ...(event.done ? { counts: event.done } : {}) };
    }
    case 'batch.started': {
      const order = [...new Set([...model.order.filter((id) => model.inFlight.has(id)), ...event.workloads])];
      const { holding: _holding, ...rest } = next;
      return { ...rest, batch: event.batch, batches: event.of, batchStarts: [...model.batchStarts, at], order };
    }
    case 'workload.state':
      return moveWorkload(next, event, at);
    case 'workload.verdict':
      return judgeWorkload(next, event, at);
    case 'run.halted': {
      const { holding: _holding, ...rest } = next;
      return { ...rest, halted: event.reason };
    }
    case 'warning':
      return HOLDING.includes(event.reason.id) ? { ...next, holding: event.reason } : next;
    default:
      return next;
  }
}

/** Milliseconds the rest of the run may take, judged by the batches seen so far; undefined before the first has ended. */
export function estimateLeft(model: LiveModel, now: number): number | undefined {
  const first = model.batchStarts[0];
  const last = model.batchStarts.at(-1);
  if (first === undefined || last === undefined || model.batchStarts.length < 2 || model.halted) return undefined;
  const mean = (last - first) / (model.batchStarts.length - 1);
  return Math.max(0, mean - (now - last)) + mean * (model.batches - model.batch);
}

type StateEvent = RunEvent & { readonly type: 'workload.state' };
type VerdictEvent = RunEvent & { readonly type: 'workload.verdict' };

function moveWorkload(model: LiveModel, event: StateEvent, at: number): LiveModel {
  const before = model.inFlight.get(event.workload);
  const inFlight = new Map(model.inFlight);
  const counts = { ...model.counts };
  const left = outcomeOf(event.from);
  if (left !== undefined && isTerminal(event.from)) counts[left] = (counts[left] ?? 0) - 1;
  if (isTerminal(event.to)) {
    const outcome = outcomeOf(event.to) ?? 'failed';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  if (isTerminal(event.to) || event.to === 'PLANNED') inFlight.delete(event.workload);
  else {
    const failure = before?.failure ?? (event.to === 'RB_INTENT' ? event.waitingFor : undefined);
    const entered = { id: event.workload, state: event.to, startedAt: before?.startedAt ?? at, reasonAt: at, ...(failure ? { failure } : {}) };
    inFlight.set(event.workload, event.waitingFor ? withReason(entered, event.waitingFor, at) : entered);
  }
  const order = model.order.includes(event.workload) ? model.order : [...model.order, event.workload];
  return { ...model, inFlight, counts, order };
}

function judgeWorkload(model: LiveModel, event: VerdictEvent, at: number): LiveModel {
  const before = model.inFlight.get(event.workload);
  if (!before) return model;
  const failure = event.verdict === 'fail' ? { failure: event.reason } : {};
  const inFlight = new Map(model.inFlight).set(event.workload, { ...withReason(before, event.reason, at), ...failure });
  return { ...model, inFlight };
}

function withReason(workload: LiveWorkload, reason: Reason, at: number): LiveWorkload {
  const left = reason.params['leftMs'];
  const soak = typeof left === 'number' ? { soakMs: Math.max(left, workload.soakMs ?? 0) } : {};
  return { ...workload, reason, reasonAt: at, ...soak };
}
