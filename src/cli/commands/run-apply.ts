import { applyPlan } from '../../app/apply-plan.ts';
import { readRun } from '../../app/state-store.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { confirm, requireConsent } from '../confirm.ts';
import { drive } from '../drive.ts';
import type { ExitCode } from '../exit-code.ts';
import { connectionOf, type Invocation } from '../invocation.ts';
import { loadPlan } from '../load-plan.ts';
import { formatApplySummary } from '../render/apply-summary.ts';
import { styleFor } from '../write-result.ts';

/** `changeover apply plan.json`: runs the plan, or resumes its run. */
export async function runApply(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options, args } = invocation;
  requireConsent(invocation);
  const file = args[0] ?? '';
  const plan = await loadPlan(wiring, file);
  const policy = parsePolicy(plan.policy, { file, position: () => undefined });
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    await confirmApply(invocation, cluster, { plan, policy });
    const engine = await wiring.openEngine(cluster, { policy, directory: plan.policyDirectory });
    try {
      const why = { ...(options.reason === undefined ? {} : { reason: options.reason }), ...(options.ticket === undefined ? {} : { ticket: options.ticket }) };
      return await drive(invocation, { title: plan.name, start: (driving) => applyPlan(engine.ports, plan, { ...driving, ...why }) });
    } finally {
      await engine.close();
    }
  } finally {
    await cluster.close();
  }
}

/** Nobody is asked about a run that has ended, or a plan for another cluster: applying those writes nothing. */
async function confirmApply(invocation: Invocation, cluster: Cluster, { plan, policy }: { readonly plan: Plan; readonly policy: Policy }): Promise<void> {
  if (invocation.options.yes === true) return;
  const identity = await cluster.identity();
  const run = (await readRun(cluster, invocation.options.stateNamespace, plan.name))?.value;
  if (identity.id !== plan.cluster.id || run?.phase === 'COMPLETED' || run?.phase === 'ABORTED') return;
  const summary = formatApplySummary(plan, policy, { identity, resumes: run !== undefined, paint: styleFor(invocation, 'stderr').paint });
  await confirm(invocation, { summary, action: run ? 'Resume this run?' : 'Start it?' });
}
