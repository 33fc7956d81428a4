import { ChangeoverError } from '../core/error.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { MigrateItem, Plan, PlanItem, SkipItem } from '../core/plan/plan.ts';
import type { RunRecord, WorkloadRecord } from '../core/rollout/run-record.ts';
import { exitCodeOf, summariseRun } from '../core/rollout/summarise-run.ts';
import { requireApprovals } from './approve-plan.ts';
import { driveRun, type DriveOptions, type RunResult } from './drive-run.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import type { EnginePorts } from './ports.ts';
import { requireTraces } from './require-traces.ts';
import { createRecord, listRecords, readRun, replaceRecord, type Stored } from './state-store.ts';

export interface ApplyOptions extends DriveOptions {
  readonly reason?: string;
  readonly ticket?: string;
}

/**
 * Runs a plan, or resumes the run it started. Records of the run and of every workload exist before the first change.
 * Errors: `plan-mismatch` when the plan was made for another cluster; `refused` when it lacks approvals; `locked` while another instance drives it; those of
 * a trace store that the policy needs and that cannot be read, before anything is written.
 * A completed run answers `nothingToDo`; a halted one ends at once with the same exit code as before.
 */
export async function applyPlan(ports: EnginePorts, plan: Plan, options: ApplyOptions): Promise<RunResult> {
  const startedAs = await checkCluster(ports, plan, options.kill);
  const found = await readRun(ports.cluster, options.stateNamespace, plan.name, options.kill);
  if (found && found.value.planHash !== plan.hash) throw otherPlan(plan, found.value);
  if (found && (found.value.phase === 'COMPLETED' || found.value.phase === 'ABORTED')) return completed(ports, found.value, options);
  const started = found ?? (await start(ports, plan, { ...options, startedAs }));
  if (started.value.phase === 'PREPARING') await fillIn(ports, plan, { run: started, options });
  return driveRun(ports, plan.name, options);
}

/** Returns who the server says we are; empty where it does not. */
async function checkCluster(ports: EnginePorts, plan: Plan, signal: AbortSignal): Promise<string> {
  const { id, server, user } = await ports.cluster.identity(signal);
  if (id === plan.cluster.id) return user;
  throw new ChangeoverError('plan-mismatch', `the plan was made for the cluster at ${plan.cluster.server} (${plan.cluster.id}); this is ${server} (${id})`, {
    target: `plan ${plan.name}`,
    hint: 'Choose the right context with --context, or plan anew on this cluster.',
  });
}

async function completed(ports: EnginePorts, run: RunRecord, options: ApplyOptions): Promise<RunResult> {
  const records = (await listRecords(ports.cluster, options.stateNamespace, run.name, options.kill)).map((stored) => stored.value);
  return { status: summariseRun(run, records), exitCode: exitCodeOf(run, records), nothingToDo: true };
}

async function start(ports: EnginePorts, plan: Plan, options: ApplyOptions & { readonly startedAs: string }): Promise<Stored<RunRecord>> {
  const policy = parsePolicy(plan.policy, { file: `plan ${plan.name}`, position: () => undefined });
  for (const rule of policy.notify) ports.notifier?.check(rule);
  await requireTraces(ports.traces, policy, options.kill);
  await requireApprovals(ports.cluster, plan, { stateNamespace: options.stateNamespace, rules: policy.approvals, signal: options.kill });
  await ensureNamespace(ports.cluster, options.stateNamespace, options.kill);
  const startedAt = new Date(ports.clock.now()).toISOString();
  const run: RunRecord = {
    version: 1,
    name: plan.name,
    planHash: plan.hash,
    planName: plan.name,
    policyHash: plan.policyHash,
    policy: plan.policy,
    policyDirectory: plan.policyDirectory,
    clusterId: plan.cluster.id,
    agentLayer: plan.agentLayer,
    startedAt,
    startedBy: options.by,
    ...(options.startedAs === '' ? {} : { startedAs: options.startedAs }),
    epoch: 0,
    phase: 'PREPARING',
    batches: plan.batches,
    decisions: [],
    decided: 0,
    skipped: plan.items.flatMap((item) => (item.action === 'skip' ? [skippedOf(item)] : [])),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
  };
  return createRecord(ports.cluster, options.stateNamespace, run);
}

/** Creates the workload records a kill during the start may have left out, then lets the run begin. */
async function fillIn(ports: EnginePorts, plan: Plan, start: { readonly run: Stored<RunRecord>; readonly options: ApplyOptions }): Promise<void> {
  const { stateNamespace, kill } = start.options;
  const existing = new Set((await listRecords(ports.cluster, stateNamespace, plan.name, kill)).map((stored) => stored.value.item.id));
  const since = new Date(ports.clock.now()).toISOString();
  const missing = plan.items.filter(isMigration).filter((item) => !existing.has(item.id));
  for (const item of missing) {
    kill.throwIfAborted();
    const record: WorkloadRecord = { version: 1, run: plan.name, item, state: 'PLANNED', since, epoch: 0, attempt: 1, findings: [] };
    await createRecord(ports.cluster, stateNamespace, record);
  }
  await replaceRecord(ports.cluster, start.run, { ...start.run.value, phase: 'RUNNING' });
}

function skippedOf({ id, skip, team }: SkipItem): RunRecord['skipped'][number] {
  return { id, skip: skip.id, ...(team === undefined ? {} : { team }), ...(Object.keys(skip.params).length === 0 ? {} : { params: skip.params }) };
}

function isMigration(item: PlanItem): item is MigrateItem {
  return item.action === 'migrate';
}

function otherPlan(plan: Plan, run: RunRecord): ChangeoverError {
  return new ChangeoverError(
    'plan-mismatch',
    `run ${run.name} was started from another plan (hash ${run.planHash.slice(0, 12)}, this file ${plan.hash.slice(0, 12)})`,
    {
      target: `plan ${plan.name}`,
      hint: 'The file was edited after it was planned; use the original, or plan anew.',
    },
  );
}
