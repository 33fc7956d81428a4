import { ChangeoverError } from '../core/error.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import { applyDecisions } from '../core/rollout/apply-decisions.ts';
import { activeBatch, barrier, decide, isSettled, type Action, type Situation } from '../core/rollout/decide.ts';
import type { RunEvent } from '../core/rollout/event.ts';
import { chooseStarts } from '../core/rollout/hold-start.ts';
import type { WorkloadRecord } from '../core/rollout/run-record.ts';
import type { RunStatus } from '../core/rollout/run-status.ts';
import { exitCodeOf, summariseRun } from '../core/rollout/summarise-run.ts';
import { isTerminal, outcomeOf } from '../core/rollout/workload-state.ts';
import { act } from './act.ts';
import { finishAnnouncements } from './announce.ts';
import { openGateReads } from './gate-reads.ts';
import { acquireLease } from './lease.ts';
import { lookAt } from './look.ts';
import { lookAtSwitched } from './look-at-switched.ts';
import { finishNotices, notify } from './notify.ts';
import type { EnginePorts } from './ports.ts';
import { removeProbes } from './probe-boot.ts';
import { note, persist, persistRun, recordOf, recordsOf, tell, type Session } from './session.ts';
import { findRun, listRecords, readRun, replaceRecord } from './state-store.ts';
import { signerOf } from './sign-image.ts';
import { closeTraceReads, openTraceReads } from './trace-reads.ts';

export interface DriveOptions {
  readonly stateNamespace: string;
  /** Who asked for it: `user@host`. */
  readonly by: string;
  readonly emit: (event: RunEvent) => void;
  /** First interrupt: start nothing more, settle what is in flight. */
  readonly stop: AbortSignal;
  /** Second interrupt: leave at once; a rerun resumes. */
  readonly kill: AbortSignal;
  /** Milliseconds between two looks at the cluster; default 2,000. */
  readonly pollMs?: number;
}

export interface RunResult {
  readonly status: RunStatus;
  readonly exitCode: 0 | 3 | 4 | 5 | 130;
  /** The run was complete before we looked. */
  readonly nothingToDo: boolean;
}

/** Rest between two turns that moved something: no mistake of ours may ask the API server without pause. */
const TURN_MS = 50;

/**
 * Drives a stored run until nothing moves without a person: takes the Lease, raises the epoch (which fences every older
 * instance), then observes, decides and acts in turns. Everything it knows is stored before it is acted on, so a kill at
 * any instant is safe and the next call continues. Throws `locked` while another live instance drives the run.
 */
export async function driveRun(ports: EnginePorts, run: string, options: DriveOptions): Promise<RunResult> {
  const { cluster, clock } = ports;
  const onWait = (holder: { readonly identity: string }, leftMs: number): void =>
    notice(options, { run, id: 'lease-wait', params: { holder: holder.identity, leftMs }, at: clock.now() });
  const lease = await acquireLease(cluster, clock, { stateNamespace: options.stateNamespace, run, identity: ports.identity, signal: options.kill, onWait });
  try {
    const session = await openSession(ports, run, { ...options, lost: lease.lost });
    try {
      await untilSettled(session, options);
      notify(session);
      await finishAnnouncements(session);
      await finishNotices(session);
      if (session.trouble) throw session.trouble;
      return result(session, options);
    } finally {
      session.announcements.stop.abort();
      closeTraceReads(session.traceReads);
      session.gateReads.answers.close();
      await session.journal.close();
    }
  } catch (error) {
    if (options.kill.aborted || lease.lost.aborted) throw leftAtOnce(run, options.kill.aborted, error);
    throw error instanceof ChangeoverError && error.code === 'unreachable' ? cutOff(run, error) : error;
  } finally {
    await lease.release();
  }
}

function cutOff(run: string, error: ChangeoverError): ChangeoverError {
  const hint = `${error.hint ?? ''} Then run the same command again: run ${run} resumes where it stopped; until then nobody watches it.`.trim();
  return new ChangeoverError(error.code, error.message, { ...(error.target === undefined ? {} : { target: error.target }), hint, cause: error });
}

function leftAtOnce(run: string, killed: boolean, cause: unknown): ChangeoverError {
  const hint = 'Run the same command again: it resumes where this one stopped.';
  if (killed)
    return new ChangeoverError('aborted', `left run ${run} at once; workloads in flight are not watched until it is resumed`, {
      target: `run ${run}`,
      hint,
      cause,
    });
  return new ChangeoverError('locked', `the Lease of run ${run} could not be renewed or was taken over; this instance writes nothing more`, {
    target: `run ${run}`,
    hint,
    cause,
  });
}

async function openSession(ports: EnginePorts, name: string, options: DriveOptions & { readonly lost: AbortSignal }): Promise<Session> {
  const { stateNamespace } = options;
  const found =
    (await readRun(ports.cluster, stateNamespace, name, options.kill)) ?? (await findRun(ports.cluster, { stateNamespace, run: name }, options.kill));
  const run = await replaceRecord(ports.cluster, found, { ...found.value, epoch: found.value.epoch + 1 });
  const stored = await listRecords(ports.cluster, stateNamespace, name, options.kill);
  const signal = AbortSignal.any([options.kill, options.lost]);
  const policy = parsePolicy(run.value.policy, { file: `run ${name}`, position: () => undefined });
  const session: Session = {
    ports,
    stateNamespace,
    policy,
    ...signerOf(ports, policy, signal),
    journal: await ports.journal(run.value.clusterId, name),
    emit: options.emit,
    signal,
    run,
    records: new Map(stored.map((record) => [record.value.item.id, record])),
    homes: new Map(),
    seq: 0,
    attempts: new Map(),
    said: new Map(),
    announcements: { pending: new Set(), stop: new AbortController() },
    notices: new Set(),
    traceReads: openTraceReads(ports),
    gateReads: openGateReads(ports),
    probes: new Map(),
    probation: { batch: -1 },
  };
  const resumed = stored.some((record) => record.value.state !== 'PLANNED');
  if (resumed) await removeProbes(session);
  await note(session, 'opened', { data: { epoch: run.value.epoch, by: options.by, identity: ports.identity } });
  const done = countOutcomes(stored.map((record) => record.value));
  tell(session, {
    type: 'run.started',
    workloads: stored.length,
    batches: run.value.batches.length,
    resumed,
    epoch: run.value.epoch,
    ...(resumed ? { done } : {}),
  });
  return session;
}

/** Outcomes of records that are done; those still planned are not. */
function countOutcomes(records: readonly WorkloadRecord[]): { readonly [outcome: string]: number } {
  const counts: Record<string, number> = {};
  for (const record of records.filter((each) => isTerminal(each.state))) {
    const outcome = outcomeOf(record.state) ?? '';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

async function untilSettled(session: Session, options: DriveOptions): Promise<void> {
  const { clock } = session.ports;
  let batch = -1;
  for (;;) {
    session.signal.throwIfAborted();
    await takeDecisions(session);
    const records = recordsOf(session);
    const looked = await lookAt(session.ports, {
      run: session.run.value,
      records,
      policy: session.policy,
      stopping: isStopping(session, options),
      traceReads: session.traceReads,
      gateReads: session.gateReads,
      signal: session.signal,
    });
    const situation = await lookAtSwitched(session, looked);
    batch = announceBatch(session, situation, batch);
    const actions = decide(situation);
    const moved = await actAll(session, actions);
    if (!moved && mayLeave(session, options)) return;
    await clock.sleep(moved ? TURN_MS : (options.pollMs ?? 2_000), session.signal);
  }
}

/** Picks up decisions another process recorded, and lets each take effect once. */
async function takeDecisions(session: Session): Promise<void> {
  const latest = await readRun(session.ports.cluster, session.stateNamespace, session.run.value.name, session.signal);
  if (latest && latest.value.epoch === session.run.value.epoch) session.run = latest;
  const run = session.run.value;
  const open = run.decisions.filter((decision) => decision.seq > run.decided);
  if (open.length === 0) return;
  for (const decision of open) tell(session, { type: 'decision.recorded', decision: decision.kind, targets: decision.targets, by: decision.by });
  const records = recordsOf(session);
  const decided = applyDecisions(run, records, session.ports.clock.now());
  for (const { kind, by } of decided.stale) tell(session, { type: 'warning', reason: { id: 'decision-stale', params: { decision: kind, by } } });
  for (const record of decided.changed) await persist(session, record);
  await persistRun(session, decided.run);
}

/** Executes the actions side by side (one per workload at most); true when anything but waiting happened. */
async function actAll(session: Session, actions: readonly Action[]): Promise<boolean> {
  const outcomes = await Promise.allSettled(actions.map((action) => act(session, action)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return actions.some((action) => action.kind !== 'waiting' && action.kind !== 'holding');
}

function mayLeave(session: Session, options: DriveOptions): boolean {
  const records = recordsOf(session);
  if (!isSettled({ run: session.run.value, records })) return false;
  const { phase } = session.run.value;
  return isStopping(session, options) || (phase !== 'RUNNING' && phase !== 'ROLLING_BACK');
}

function isStopping(session: Session, options: DriveOptions): boolean {
  return options.stop.aborted || session.trouble !== undefined;
}

function announceBatch(session: Session, situation: Situation, last: number): number {
  const active = situation.run.phase === 'RUNNING' && !situation.stopping ? activeBatch(situation) : undefined;
  if (!active || active.index === last || barrier(situation) || chooseStarts(situation, active.members).ids.size === 0) return last;
  tell(session, { type: 'batch.started', batch: active.index + 1, of: situation.run.batches.length, workloads: [...active.members] });
  return active.index;
}

function result(session: Session, options: DriveOptions): RunResult {
  const run = session.run.value;
  const records = [...session.records.keys()].map((id) => recordOf(session, id));
  const registries = session.ports.registry.traffic().hosts;
  const status = { ...summariseRun(run, records), registries };
  if (run.phase === 'COMPLETED' || run.phase === 'ABORTED') tell(session, { type: 'run.finished', phase: run.phase, counts: status.counts, registries });
  const interrupted = options.stop.aborted && run.phase === 'RUNNING';
  return { status, exitCode: interrupted ? 130 : exitCodeOf(run, records), nothingToDo: false };
}

function notice(
  options: DriveOptions,
  what: { readonly run: string; readonly id: string; readonly params: { readonly [name: string]: string | number }; readonly at: number },
): void {
  const reason = { id: what.id, params: what.params };
  options.emit({ kind: 'Event', time: new Date(what.at).toISOString(), run: what.run, seq: 0, type: 'warning', reason });
}
