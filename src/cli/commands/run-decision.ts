import { driveRun } from '../../app/drive-run.ts';
import { readStatus } from '../../app/read-status.ts';
import { recordDecision } from '../../app/record-decision.ts';
import { ChangeoverError } from '../../core/error.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import type { Decision, RunRecord } from '../../core/rollout/run-record.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { confirm, requireConsent } from '../confirm.ts';
import { drive } from '../drive.ts';
import type { ExitCode } from '../exit-code.ts';
import { connectionOf, flagsOf, runOf, type Invocation } from '../invocation.ts';
import { decisionEffect } from '../render/decision-hints.ts';
import { printable } from '../render/printable.ts';
import { formatStatus } from '../render/status-view.ts';
import { writeResult } from '../write-result.ts';

/** `changeover pause`: the run starts nothing more; only recorded, whoever drives it obeys. */
export function runPause(invocation: Invocation): Promise<ExitCode> {
  return decide(invocation, 'pause', recordOnly);
}

/** `changeover exclude W…`: the run leaves workloads out; only recorded. */
export function runExclude(invocation: Invocation): Promise<ExitCode> {
  return decide(invocation, 'exclude', recordOnly);
}

/** `changeover continue`: accepts what happened and goes on. */
export function runContinue(invocation: Invocation): Promise<ExitCode> {
  return decide(invocation, 'continue', recordAndDrive);
}

/** `changeover retry W…`: tries workloads again, then goes on. */
export function runRetry(invocation: Invocation): Promise<ExitCode> {
  return decide(invocation, 'retry', recordAndDrive);
}

/** `changeover rollback W…` or `--all`: puts back what was there. */
export async function runRollback(invocation: Invocation): Promise<ExitCode> {
  const { args, options } = invocation;
  if (args.length > 0 !== (options.all === true)) return decide(invocation, 'rollback', recordAndDrive);
  const message = args.length === 0 ? 'rollback needs to know what to put back' : 'rollback takes workloads or --all, not both';
  throw new ChangeoverError('usage', message, { hint: 'Name workloads as namespace/kind/name, or give --all for every workload of the run.' });
}

/** `changeover abort`: ends the run. */
export function runAbort(invocation: Invocation): Promise<ExitCode> {
  return decide(invocation, 'abort', recordAndDrive);
}

type Asked = { readonly kind: Decision['kind']; readonly seenHalt?: string };
type Act = (invocation: Invocation, cluster: Cluster, asked: Asked) => Promise<ExitCode>;

async function decide(invocation: Invocation, kind: Decision['kind'], act: Act): Promise<ExitCode> {
  requireConsent(invocation);
  const cluster = await invocation.wiring.openCluster(connectionOf(invocation.options));
  try {
    const seenHalt = await confirmDecision(invocation, cluster, kind);
    return await act(invocation, cluster, { kind, ...(seenHalt === undefined ? {} : { seenHalt }) });
  } finally {
    await cluster.close();
  }
}

/** Pausing only ever holds things back: on a terminal it is done at once. Returns which halt the person saw. */
async function confirmDecision(invocation: Invocation, cluster: Cluster, kind: Decision['kind']): Promise<string | undefined> {
  const { args, options } = invocation;
  if (options.yes === true || kind === 'pause') return undefined;
  const [identity, status] = await Promise.all([cluster.identity(), readStatus({ cluster, clock: invocation.wiring.clock }, runOf(options))]);
  const effect = decisionEffect(status, { kind, targets: args, rollbackInFlight: options.rollbackInFlight === true });
  const summary = [`Run ${printable(status.run)} on ${printable(identity.server)}`, `  ${kind}: ${effect}`];
  await confirm(invocation, { summary, action: 'Do it?' });
  return status.halt?.at ?? '';
}

async function recordOnly(invocation: Invocation, cluster: Cluster, asked: Asked): Promise<ExitCode> {
  const run = await record(invocation, cluster, asked);
  const { stateNamespace } = invocation.options;
  const status = await readStatus({ cluster, clock: invocation.wiring.clock }, { stateNamespace, run: run.name });
  const who = status.holder
    ? `${printable(status.holder.identity)} drives the run and obeys within seconds`
    : 'nobody drives the run now; it holds as soon as somebody does';
  invocation.wiring.stderr.write(`recorded: ${asked.kind} for run ${printable(run.name)}; ${who}\n`);
  await writeResult(invocation, status, (style) => formatStatus(status, { ...style, now: invocation.wiring.clock.now(), flags: flagsOf(invocation.options) }));
  return 0;
}

async function recordAndDrive(invocation: Invocation, cluster: Cluster, asked: Asked): Promise<ExitCode> {
  const run = await record(invocation, cluster, asked);
  const policy = parsePolicy(run.policy, { file: `run ${run.name}`, position: () => undefined });
  const engine = await invocation.wiring.openEngine(cluster, { policy, directory: run.policyDirectory });
  try {
    return await drive(invocation, { title: run.name, start: (driving) => driveRun(engine.ports, run.name, driving) });
  } catch (error) {
    throw error instanceof ChangeoverError && error.code === 'locked' ? leftToOther(error) : error;
  } finally {
    await engine.close();
  }
}

async function record({ wiring, args, options }: Invocation, cluster: Cluster, asked: Asked): Promise<RunRecord> {
  const stored = await recordDecision(
    { cluster, clock: wiring.clock },
    {
      ...runOf(options),
      ...asked,
      targets: args,
      by: wiring.user,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.rollbackInFlight === true ? { rollbackInFlight: true } : {}),
    },
  );
  return stored.value;
}

function leftToOther(error: ChangeoverError): ChangeoverError {
  const hint = 'That instance takes the decision up within seconds; watch it with `changeover status --watch`.';
  return new ChangeoverError('locked', `the decision is recorded, but ${error.message}`, {
    hint,
    cause: error,
    ...(error.target === undefined ? {} : { target: error.target }),
  });
}
