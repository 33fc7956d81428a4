import type { Plan } from '../../core/plan/plan.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { ClusterIdentity } from '../../ports/cluster.ts';
import { formatDuration } from './duration.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { summarisePlan } from './plan-summary.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

/** What a person reads before typing yes: which cluster, what changes, how much restarts, what is pushed where. */
export function formatApplySummary(
  plan: Plan,
  policy: Policy,
  options: { readonly identity: ClusterIdentity; readonly resumes: boolean; readonly paint: Paint },
): readonly string[] {
  const { identity, resumes, paint } = options;
  const { migrating, skipped, pods, images, registries, batchSizes } = summarisePlan(plan);
  const soak = policy.rollout.soakMs;
  const rows = [
    ['cluster', `${printable(identity.server)} (${printable(identity.version)})${identity.user === '' ? '' : ` as ${printable(identity.user)}`}`],
    ['change', `${count(migrating, 'workload')}: ${policy.from.agent} out, ${policy.to.agent} ${printable(plan.agentLayer.version)} in`],
    ['restarts', `${count(pods, 'pod')}, in ${count(plan.batches.length, 'batch', 'batches')} of ${batchSizes}`],
    ['pushes', `${count(images, 'image')} to ${registries.map(printable).join(', ') || 'no registry'}`],
    ['skips', count(skipped, 'workload')],
    ['lasts', `at least ${formatDuration(plan.batches.length * soak)}: every batch soaks ${formatDuration(soak)}; a failure is rolled back and stops the run`],
  ].filter(([name]) => name !== 'skips' || skipped > 0);
  const cells = rows.map(([name = '', text = '']) => [{ text: name, tone: 'quiet' as const }, text]);
  const title = `${resumes ? 'Resume' : 'Apply'} plan ${printable(plan.name)} (hash ${plan.hash.slice(0, 12)})`;
  return [paint('strong', title), ...formatTable([{}, {}], cells, { paint, width: Infinity, indent: 2 })];
}
