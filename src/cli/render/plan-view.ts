import type { MigrateItem, Plan } from '../../core/plan/plan.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { formatBytes } from './bytes.ts';
import { formatDuration } from './duration.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { breakSection } from './plan-breaks.ts';
import { forecastSection } from './plan-forecast.ts';
import { changeClasses, formatClass } from './plan-classes.ts';
import { findingSection, skipSection } from './plan-exceptions.ts';
import { isMigration, isSkip, summarisePlan } from './plan-summary.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';
import { shortName } from './workload-name.ts';

export interface PlanViewOptions {
  readonly paint: Paint;
  readonly width: number;
  readonly policy: Policy;
  /** The command that runs this plan. */
  readonly next: string;
}

/** A plan for people: numbers, then what needs eyes, then each class of change once with its members, then the batches. */
export function formatPlan(plan: Plan, options: PlanViewOptions): readonly string[] {
  const items = plan.items.filter(isMigration);
  const skips = plan.items.filter(isSkip);
  const sections = [
    summary(plan, options),
    skipSection(
      skips.filter((item) => item.skip.id === 'blocked'),
      options,
    ),
    findingSection(items, { ...options, severity: 'warn', title: 'Look at these' }),
    skipSection(
      skips.filter((item) => item.skip.id !== 'blocked'),
      options,
    ),
    ...changes(items, plan, options),
    findingSection(items, { ...options, severity: 'info', title: 'Good to know' }),
    batches(plan, options),
    forecastSection(items, options),
    breakSection(plan, options),
    [
      options.paint('quiet', `Nothing was written to the cluster or a registry.`),
      ...(items.length === 0 ? [] : [`Next: ${options.paint('accent', options.next)}`]),
    ],
  ];
  return sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
}

function summary(plan: Plan, { paint, policy }: PlanViewOptions): readonly string[] {
  const { migrating, skipped, pods, surge, images, bytes, registries, batchSizes } = summarisePlan(plan);
  const blocked = plan.items.filter((item) => item.action === 'skip' && item.skip.id === 'blocked').length;
  const soak = policy.rollout.soakMs;
  const rows: readonly (readonly Cell[])[] = [
    [String(migrating), `to move: ${policy.from.agent} out, ${policy.to.agent} ${printable(plan.agentLayer.version)} in`],
    ...(blocked > 0 ? [[{ text: String(blocked), tone: 'bad' } as const, 'blocked until a person allows or mends it']] : []),
    [String(skipped - blocked), 'left alone'],
  ];
  const rollout = [
    `${count(pods, 'pod')} restart in ${count(plan.batches.length, 'batch', 'batches')} of ${batchSizes}, at least ${formatDuration(plan.batches.length * soak)}`,
    surge === 0 ? 'never more pods than usual' : `at most ${count(surge, 'pod')} more than usual at a time`,
    `${count(images, 'image')} pushed to ${registries.map(printable).join(', ')}, about ${formatBytes(bytes)} in all`,
  ];
  return [
    `${paint('strong', `Plan ${printable(plan.name)}`)}  ${paint('quiet', `hash ${plan.hash.slice(0, 12)}, cluster ${printable(plan.cluster.server)}`)}`,
    ...formatTable([{ align: 'end' }, {}], rows, { paint, width: Infinity, indent: 2 }),
    ...(migrating === 0 ? [] : rollout.map((line) => `  ${line}`)),
  ];
}

function changes(items: readonly MigrateItem[], plan: Plan, options: PlanViewOptions): readonly (readonly string[])[] {
  const classes = changeClasses(items);
  return classes.map((members, index) => formatClass(members, { ...options, title: `Change ${index + 1} of ${classes.length}`, plan }));
}

function batches(plan: Plan, { paint, width }: PlanViewOptions): readonly string[] {
  if (plan.batches.length === 0) return [];
  const rows = plan.batches.map((ids, index) => [
    { text: String(index + 1), tone: 'quiet' as const },
    count(ids.length, 'workload'),
    ids.map(shortName).join(', '),
  ]);
  return [
    paint('strong', 'Batches, each started when the one before is done and well'),
    ...formatTable([{ align: 'end' }, {}, { shrinkTo: 20 }], rows, { paint, width, indent: 2 }),
  ];
}
