import { ChangeoverError } from '../core/error.ts';
import { enter } from '../core/rollout/decide.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import { isTerminal, outcomeOf } from '../core/rollout/workload-state.ts';
import { finishPatch } from '../core/undo/finish-patch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { acquireLease } from './lease.ts';
import { pooled } from './pooled.ts';
import type { EnginePorts } from './ports.ts';
import { resolveTargets } from './resolve-targets.ts';
import { workloadRef } from './resources.ts';
import { findRun, listRecords, replaceRecord, type Stored } from './state-store.ts';

export interface FinishOptions {
  readonly stateNamespace: string;
  readonly run?: string;
  /** `namespace/kind/name`; empty = the whole run. */
  readonly targets: readonly string[];
  readonly by: string;
  readonly signal: AbortSignal;
}

/** What `finish` would end, as far as records tell. */
export interface FinishPlan {
  readonly run: RunRecord;
  /** Workloads that can be put back until then. */
  readonly returnable: readonly string[];
  readonly whole: boolean;
}

/** What became of it. */
export interface Finished {
  /** Workloads whose annotations were taken away. */
  readonly released: readonly string[];
  /** Their marker was changed by hand: it stays. */
  readonly byHand: readonly string[];
}

/** Reads what would become irreversible. `usage` where the run has not ended or something waits for a person. */
export async function planFinish(ports: { readonly cluster: Cluster }, options: FinishOptions): Promise<FinishPlan> {
  const { run, records } = await read(ports.cluster, options);
  const returnable = records.filter(({ value }) => outcomeOf(value.state) === 'migrated' && value.state !== 'FINALIZED').map(({ value }) => value.item.id);
  return { run: run.value, returnable, whole: options.targets.length === 0 };
}

/**
 * Ends the way back: first the record of each workload (FINALIZED, without what only a rollback needs), then its annotations
 * on the object, last the run. Killed at any instant, the next call does the rest; done already, it does nothing. Pods are
 * never touched. Holds the run's Lease meanwhile: `locked` while somebody drives it.
 */
export async function finishRun(ports: Pick<EnginePorts, 'cluster' | 'clock' | 'identity' | 'journal'>, options: FinishOptions): Promise<Finished> {
  const { cluster, clock, identity } = ports;
  const { stateNamespace, signal, by } = options;
  const named = (await findRun(cluster, options, signal)).value;
  const lease = await acquireLease(cluster, clock, { stateNamespace, run: named.name, identity, signal });
  try {
    const held = AbortSignal.any([signal, lease.lost]);
    const { run, records } = await read(cluster, { ...options, run: named.name });
    const journal = await ports.journal(run.value.clusterId, named.name);
    try {
      await journal.append({ time: timeOf(clock), run: named.name, type: 'finish', data: { by, workloads: records.length } });
    } finally {
      await journal.close();
    }
    const ended = await pooled(records, 4, (record) => finishOne(ports, record, held));
    const byHand = ended.filter(({ what }) => what === 'unreadable').map(({ id }) => id);
    if (options.targets.length === 0 && byHand.length === 0 && !run.value.finalized) {
      await replaceRecord(cluster, run, { ...run.value, finalized: { at: timeOf(clock), by } });
    }
    return { released: ended.filter(({ what }) => what === 'released').map(({ id }) => id), byHand };
  } finally {
    await lease.release();
  }
}

async function read(
  cluster: Cluster,
  options: FinishOptions,
): Promise<{ readonly run: Stored<RunRecord>; readonly records: readonly Stored<WorkloadRecord>[] }> {
  const run = await findRun(cluster, options, options.signal);
  const { name, phase } = run.value;
  if (phase !== 'COMPLETED' && phase !== 'ABORTED') {
    const hint = 'Let it end first (`changeover status` says what it waits for); a way back that is still in use is not ended.';
    throw new ChangeoverError('usage', `run ${name} has not ended`, { target: `run ${name}`, hint });
  }
  const records = await listRecords(cluster, options.stateNamespace, name, options.signal);
  const ids = resolveTargets(
    options.targets,
    records.map(({ value }) => value.item.id),
    name,
  );
  const chosen = options.targets.length === 0 ? records : records.filter(({ value }) => ids.includes(value.item.id));
  refuseOpen(chosen, name);
  return { run, records: chosen };
}

/** Where a person must still look, the exact inverse may be needed. */
function refuseOpen(records: readonly Stored<WorkloadRecord>[], run: string): void {
  const open = records.filter(
    ({ value }) => (!isTerminal(value.state) && value.state !== 'PLANNED') || (outcomeOf(value.state) === 'failed' && !value.acknowledged),
  );
  if (open.length === 0) return;
  const names = open.slice(0, 5).map(({ value }) => `${value.item.id} (${value.state})`);
  throw new ChangeoverError('usage', `${open.length} of run ${run} still need their way back: ${names.join(', ')}`, {
    target: `run ${run}`,
    hint: 'Decide on them first: `changeover rollback`, or `changeover exclude` to accept them as they are.',
  });
}

async function finishOne(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  stored: Stored<WorkloadRecord>,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly what: 'released' | 'nothing' | 'unreadable' }> {
  const record = stored.value;
  const { id } = record.item;
  if (record.state === 'PLANNED') return { id, what: 'nothing' };
  signal.throwIfAborted();
  if (outcomeOf(record.state) === 'migrated' && record.state !== 'FINALIZED') {
    const object = await ports.cluster.get(workloadRef(id), signal);
    if (finishPatch(object, record) === 'unreadable') return { id, what: 'unreadable' };
    await replaceRecord(ports.cluster, stored, compact(enter(record, 'FINALIZED', ports.clock.now(), record.reason)));
  }
  return { id, what: await release(ports.cluster, record, signal) };
}

/** Someone may write in between: read again, a few times. */
async function release(cluster: Cluster, record: WorkloadRecord, signal: AbortSignal): Promise<'released' | 'nothing' | 'unreadable'> {
  const ref = workloadRef(record.item.id);
  for (let attempt = 0; ; attempt += 1) {
    const ops = finishPatch(await cluster.get(ref, signal), record);
    if (ops === undefined) return 'nothing';
    if (ops === 'unreadable') return 'unreadable';
    try {
      await cluster.patch(ref, ops, { signal });
      return 'released';
    } catch (error) {
      const again = error instanceof ChangeoverError && (error.code === 'precondition' || error.code === 'conflict' || error.code === 'unreachable');
      if (!again || attempt === 3) throw error;
    }
  }
}

/** What remains for the history and for drift: who, what, when, why; not what only a rollback or a watch needs. */
function compact(record: WorkloadRecord): WorkloadRecord {
  const { baseline: _b, readySince: _r, flaps: _f, proven: _p, rolloutStartedAt: _s, marker: _m, ...rest } = record;
  return rest;
}

function timeOf(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
