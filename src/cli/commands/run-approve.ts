import { approvePlan, sliceName } from '../../app/approve-plan.ts';
import { ensureNamespace } from '../../app/ensure-namespace.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import { confirm, requireConsent } from '../confirm.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, type Invocation } from '../invocation.ts';
import { loadPlan } from '../load-plan.ts';
import { count } from '../render/messages/say.ts';
import { printable } from '../render/printable.ts';
import { writeResult } from '../write-result.ts';

/** `changeover approve plan.json [--owner X]`: records in the cluster who approves which slice of exactly this plan. */
export async function runApprove(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options, args } = invocation;
  requireConsent(invocation);
  const file = args[0] ?? '';
  const plan = await loadPlan(wiring, file);
  const rules = parsePolicy(plan.policy, { file, position: () => undefined }).approvals;
  const { stateNamespace, owner } = options;
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    if (options.yes !== true) {
      const items = plan.items.filter((item) => item.action === 'migrate' && (owner === undefined || item.team === owner));
      const summary = [
        `Plan ${printable(plan.name)} (hash ${plan.hash.slice(0, 12)})`,
        `  ${owner === undefined ? 'as a whole' : `owner ${printable(owner)}`}: ${count(items.length, 'workload')} would be changed`,
      ];
      await confirm(invocation, { summary, action: 'Approve it?' });
    }
    const result = await abortable(wiring, async (signal) => {
      await ensureNamespace(cluster, stateNamespace, signal);
      return approvePlan({ cluster, clock: wiring.clock }, plan, { stateNamespace, rules, signal, ...(owner === undefined ? {} : { owner }) });
    });
    const document = { apiVersion: 'changeover.dev/v1alpha1', kind: 'Approvals', plan: plan.name, planHash: plan.hash, ...result } as const;
    await writeResult(invocation, document, () => [
      `Approved by ${printable(result.approval.by)}: plan ${printable(plan.name)}, hash ${plan.hash.slice(0, 12)}${owner === undefined ? '' : `, owner ${printable(owner)}`}`,
      ...result.slices.map(
        (slice) =>
          `  ${printable(sliceName(slice, rules))}: ${count(slice.approvedBy.length, 'approval')}${slice.missing === 0 ? '' : `, ${slice.missing} missing`}`,
      ),
    ]);
    return 0;
  } finally {
    await cluster.close();
  }
}
