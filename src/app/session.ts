import { ChangeoverError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';
import type { Policy } from '../core/policy/policy.ts';
import { enter } from '../core/rollout/decide.ts';
import type { EventBody, RunEvent } from '../core/rollout/event.ts';
import type { Reason, RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import type { WorkloadState } from '../core/rollout/workload-state.ts';
import type { Journal } from '../ports/journal.ts';
import type { GateReads } from './gate-reads.ts';
import type { EnginePorts } from './ports.ts';
import type { BootProbes } from './probe-boot.ts';
import type { PushedBlobs } from './push-blobs.ts';
import type { SignImage } from './sign-image.ts';
import type { TraceReads } from './trace-reads.ts';
import { replaceRecord, rereadRecord, type Stored } from './state-store.ts';

/** One instance driving one run: the stored records it read last, and where its words go. */
export interface Session {
  readonly ports: EnginePorts;
  readonly stateNamespace: string;
  readonly policy: Policy;
  readonly journal: Journal;
  readonly emit: (event: RunEvent) => void;
  /** Fires when nothing may be written any more: second interrupt, or the Lease is lost. */
  readonly signal: AbortSignal;
  run: Stored<RunRecord>;
  readonly records: Map<string, Stored<WorkloadRecord>>;
  /** What is being uploaded, or was, shared by workloads prepared side by side. */
  readonly homes: PushedBlobs;
  /** By the policy's `image.sign`. */
  readonly sign?: SignImage;
  seq: number;
  /** How often in a row each workload's step could not be carried out. */
  readonly attempts: Map<string, number>;
  /** Why nothing more is started; thrown once everything in flight has settled. */
  trouble?: ChangeoverError;
  /** What was last said about each workload in flight, so that nothing is said twice. */
  readonly said: Map<string, string>;
  readonly announcements: Announcements;
  /** Notices to webhooks under way. */
  readonly notices: Set<Promise<void>>;
  readonly traceReads: TraceReads;
  readonly gateReads: GateReads;
  readonly probes: BootProbes;
  /** Index of the batch before which the switched workloads were looked at last. */
  readonly probation: { batch: number };
}

/** Kubernetes Events under way: no step waits for one, none fails by one. */
export interface Announcements {
  readonly pending: Set<Promise<void>>;
  readonly stop: AbortController;
}

/** Tells the outside what happened. Events are for people and programs that watch; nothing depends on them. */
export function tell(session: Session, body: EventBody): void {
  session.seq += 1;
  const time = new Date(session.ports.clock.now()).toISOString();
  session.emit({ kind: 'Event', time, run: session.run.value.name, seq: session.seq, ...body });
}

/** What makes two reasons the same to a listener: a countdown that goes on is no news. */
export function saidText(reason: Reason): string {
  return JSON.stringify(reason.id === 'soak' || reason.id === 'rollback-soak' ? reason.id : reason);
}

/** Every record of this run, by workload id. */
export function recordsOf(session: Session): ReadonlyMap<string, WorkloadRecord> {
  return new Map([...session.records].map(([id, stored]) => [id, stored.value]));
}

/** The record of a workload of this run. */
export function recordOf(session: Session, id: string): WorkloadRecord {
  const stored = session.records.get(id);
  if (!stored) throw new Error(`no record of ${id}`);
  return stored.value;
}

/**
 * Makes a new record durable before anything is done on its strength: journal line (fsync), then compare-and-swap in the
 * cluster. `locked` when another instance wrote it: then nothing more may be written by this one.
 */
export async function persist(session: Session, record: WorkloadRecord, waitingFor?: Reason): Promise<WorkloadRecord> {
  session.signal.throwIfAborted();
  const id = record.item.id;
  const stored = session.records.get(id);
  if (!stored) throw new Error(`no record of ${id}`);
  const { item: _item, ...data } = record;
  await note(session, 'record', { workload: id, data: data as unknown as JsonObject });
  const next = await replaceFenced(session, stored, record);
  session.records.set(id, next);
  const from = stored.value.state;
  if (waitingFor) session.said.set(id, saidText(waitingFor));
  if (from !== record.state) tell(session, { type: 'workload.state', workload: id, from, to: record.state, ...stateReason(record, waitingFor) });
  return record;
}

/** Enters a state with an optional reason and persists it. */
export function enterState(session: Session, id: string, state: WorkloadState, reason?: Reason): Promise<WorkloadRecord> {
  return persist(session, enter(recordOf(session, id), state, session.ports.clock.now(), reason));
}

/** Persists the run record the same way; decisions that others recorded meanwhile are kept, to be taken up next. */
export async function persistRun(session: Session, run: RunRecord): Promise<void> {
  session.signal.throwIfAborted();
  const { policy: _policy, ...data } = run;
  await note(session, 'run', { data: data as unknown as JsonObject });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      session.run = await replaceRecord(session.ports.cluster, session.run, { ...run, decisions: session.run.value.decisions });
      return;
    } catch (error) {
      if (!(error instanceof ChangeoverError) || error.code !== 'conflict') throw error;
      session.run = await assertStillOurs(session, error);
    }
  }
  throw new ChangeoverError('conflict', `the record of run ${run.name} changes all the time`, { target: `run ${run.name}`, retryable: true });
}

/** Writes one journal line. A journal that cannot be written stops the step: nothing is done without it. */
export async function note(session: Session, type: string, entry: { readonly workload?: string; readonly data: JsonObject }): Promise<void> {
  const time = new Date(session.ports.clock.now()).toISOString();
  await session.journal.append({ time, run: session.run.value.name, type, ...entry });
}

function stateReason(record: WorkloadRecord, waitingFor: Reason | undefined): { readonly waitingFor?: Reason } {
  const reason = waitingFor ?? record.reason;
  return reason ? { waitingFor: reason } : {};
}

/**
 * Writes a workload record. After a conflict the run record tells whose write it was: a raised epoch = another instance
 * drives now (`locked`); the same epoch = our own write, whose answer was lost: it is taken as read and decided on anew.
 */
async function replaceFenced(session: Session, stored: Stored<WorkloadRecord>, record: WorkloadRecord): Promise<Stored<WorkloadRecord>> {
  const { cluster } = session.ports;
  try {
    return await replaceRecord(cluster, stored, record);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code !== 'conflict') throw error;
    await assertStillOurs(session, error);
    const current = await rereadRecord<WorkloadRecord>(cluster, stored);
    session.records.set(record.item.id, current);
    throw new ChangeoverError('conflict', 'the record was already written by a request whose answer was lost', {
      target: record.item.id,
      retryable: true,
      cause: error,
    });
  }
}

async function assertStillOurs(session: Session, cause: unknown): Promise<Stored<RunRecord>> {
  const { name, epoch } = session.run.value;
  const latest = await rereadRecord<RunRecord>(session.ports.cluster, session.run);
  if (latest.value.epoch === epoch) return latest;
  const message = `another instance drives run ${name} now; this one stops`;
  throw new ChangeoverError('locked', message, { target: `run ${name}`, hint: 'Watch it with `changeover status --watch`.', cause });
}
