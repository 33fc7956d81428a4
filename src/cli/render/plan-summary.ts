import type { MigrateItem, Plan, PlanItem, SkipItem } from '../../core/plan/plan.ts';

/** A plan in numbers. */
export interface PlanSummary {
  readonly migrating: number;
  readonly skipped: number;
  /** Pods the rollouts will replace. */
  readonly pods: number;
  /** Pods there may be beyond the usual number at a time: the batch that needs most. */
  readonly surge: number;
  /** Bytes that go up: the shared agent layer once per registry; the rest is a few kB an image. */
  readonly bytes: number;
  /** Different images that are made. */
  readonly images: number;
  /** Hosts they are pushed to. */
  readonly registries: readonly string[];
  /** `1, 3, then 10`. */
  readonly batchSizes: string;
}

/** Counts what a plan does. */
export function summarisePlan(plan: Plan): PlanSummary {
  const items = plan.items.filter(isMigration);
  const registries = [...new Set(items.map((item) => item.target.reference.split('/')[0] ?? ''))].sort();
  const surgeOf = new Map(items.map((item) => [item.id, item.surge]));
  return {
    migrating: items.length,
    skipped: plan.items.length - items.length,
    pods: items.reduce((sum, item) => sum + item.replicas, 0),
    images: new Set(items.map((item) => item.target.reference)).size,
    surge: Math.max(0, ...plan.batches.map((batch) => batch.reduce((sum, id) => sum + (surgeOf.get(id) ?? 0), 0))),
    bytes: plan.agentLayer.size * registries.length,
    registries,
    batchSizes: describeSizes(plan.batches.map((batch) => batch.length)),
  };
}

/** Whether the plan changes the workload. */
export function isMigration(item: PlanItem): item is MigrateItem {
  return item.action === 'migrate';
}

/** Whether the plan leaves the workload alone. */
export function isSkip(item: PlanItem): item is SkipItem {
  return item.action === 'skip';
}

/** Batch sizes with the repetition at the end folded: `1, 3, then 10`; the last, smaller one does not count. */
function describeSizes(sizes: readonly number[]): string {
  const full = sizes.length > 1 && (sizes.at(-1) ?? 0) < (sizes.at(-2) ?? 0) ? sizes.slice(0, -1) : sizes;
  const last = full.at(-1);
  const start = full.slice(0, full.findLastIndex((size) => size !== last) + 1);
  const repeated = full.length - start.length;
  if (start.length === 0) return String(last ?? 0);
  return `${start.join(', ')}${repeated > 1 ? `, then ${last}` : `, ${last}`}`;
}
