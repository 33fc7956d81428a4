import { ChangeoverError } from '../core/error.ts';
import type { Decision, RunRecord } from '../core/rollout/run-record.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { resolveTargets } from './resolve-targets.ts';
import { findRun, listRecords, replaceRecord, type Stored } from './state-store.ts';

export interface DecisionRequest {
  readonly stateNamespace: string;
  readonly run?: string;
  readonly kind: Decision['kind'];
  /** `namespace/kind/name`, kind without regard to case; empty = the whole run. */
  readonly targets: readonly string[];
  readonly by: string;
  readonly reason?: string;
  readonly rollbackInFlight?: boolean;
  /** `at` of the halt the person was shown, empty where there was none; left out = whatever there is now. */
  readonly seenHalt?: string;
}

/**
 * Stores what a person decided in the run record, where the driving instance (this one or another) picks it up.
 * Errors: `usage` for an unknown run or workload, or a decision the run's phase does not allow;
 * `refused` when the run has halted, or halted for another reason, since the person looked.
 */
export async function recordDecision(ports: { readonly cluster: Cluster; readonly clock: Clock }, request: DecisionRequest): Promise<Stored<RunRecord>> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const found = await findRun(ports.cluster, request);
    const targets = await targetsOf(ports.cluster, request, found.value.name);
    refuseEnded(found.value, request);
    refuseOverlooked(found.value, request);
    const at = new Date(ports.clock.now()).toISOString();
    const { kind, by, reason, rollbackInFlight } = request;
    const decision: Decision = {
      seq: found.value.decisions.length + 1,
      kind,
      targets,
      by,
      at,
      halt: haltOf(found.value),
      ...(reason === undefined ? {} : { reason }),
      ...(rollbackInFlight === undefined ? {} : { rollbackInFlight }),
    };
    const stored = await attemptReplace(ports.cluster, found, { ...found.value, decisions: [...found.value.decisions, decision] });
    if (stored) return stored;
  }
  throw new ChangeoverError('conflict', 'the run record changes all the time; the decision was not stored', { hint: 'Try again.', retryable: true });
}

async function targetsOf(cluster: Cluster, request: DecisionRequest, run: string): Promise<readonly string[]> {
  if (request.targets.length === 0) return [];
  const ids = (await listRecords(cluster, request.stateNamespace, run)).map((record) => record.value.item.id);
  return resolveTargets(request.targets, ids, run);
}

function refuseEnded(run: RunRecord, request: DecisionRequest): void {
  if (run.finalized) {
    const hint = 'What it changed is changed back as every other change is: by a new plan, or by the owner of the workload.';
    throw new ChangeoverError('usage', `the way back of run ${run.name} was ended by ${run.finalized.by} at ${run.finalized.at}`, {
      target: `run ${run.name}`,
      hint,
    });
  }
  const ended = run.phase === 'COMPLETED' || run.phase === 'ABORTED';
  if (!ended || request.kind === 'rollback' || request.kind === 'retry') return;
  const hint = 'Only `rollback` and `retry` act on a run that has ended; otherwise make a new plan.';
  throw new ChangeoverError('usage', `run ${run.name} has ended (${run.phase})`, { target: `run ${run.name}`, hint });
}

function refuseOverlooked(run: RunRecord, { kind, seenHalt }: DecisionRequest): void {
  if (seenHalt === undefined || seenHalt === haltOf(run) || (kind !== 'continue' && kind !== 'retry')) return;
  throw new ChangeoverError(
    'refused',
    `run ${run.name} ${run.halt ? `has halted (${run.halt.id})` : 'goes on'} since you were asked: ${kind} was not recorded`,
    {
      target: `run ${run.name}`,
      hint: 'Look at `changeover status`, then decide again.',
      rule: 'stale-evidence',
    },
  );
}

function haltOf(run: RunRecord): string {
  return run.halt?.at ?? '';
}

async function attemptReplace(cluster: Cluster, stored: Stored<RunRecord>, value: RunRecord): Promise<Stored<RunRecord> | undefined> {
  try {
    return await replaceRecord(cluster, stored, value);
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'conflict') return undefined;
    throw error;
  }
}
