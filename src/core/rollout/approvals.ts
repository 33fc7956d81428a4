import type { MigrateItem, Plan } from '../plan/plan.ts';

/** One person's word on a plan, or on one owner's slice of it. */
export interface Approval {
  /** Who the API server says it was. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly planHash: string;
  /** The slice: an owner as the plan names them; left out = the plan as a whole. */
  readonly owner?: string;
}

/** What the policy asks for before a plan is run. */
export interface ApprovalRules {
  readonly perOwner: boolean;
  /** Different persons for each slice; with `perOwner` at least one. */
  readonly min: number;
}

/** A slice of a plan with who has approved it. */
export interface Slice {
  /** Undefined = the plan as a whole, or, with `perOwner`, the workloads that name no owner. */
  readonly owner: string | undefined;
  readonly workloads: number;
  readonly approvedBy: readonly string[];
  /** How many are still needed. */
  readonly missing: number;
}

/**
 * The slices of a plan and what each still lacks. Only approvals of exactly this plan count, each person once for a slice;
 * an approval of the whole plan speaks for no owner. Pure.
 */
export function approvalSlices(plan: Pick<Plan, 'hash' | 'items'>, rules: ApprovalRules, approvals: readonly Approval[]): readonly Slice[] {
  const needed = rules.perOwner ? Math.max(1, rules.min) : rules.min;
  const items = plan.items.filter((item): item is MigrateItem => item.action === 'migrate');
  const owners = rules.perOwner
    ? [...new Set(items.map((item) => item.team))].sort((a, b) => (a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1))
    : [undefined];
  return owners.map((owner) => {
    const counted = approvals.filter((each) => each.planHash === plan.hash && each.owner === owner);
    const approvedBy = [...new Set(counted.map((each) => each.by))];
    const workloads = rules.perOwner ? items.filter((item) => item.team === owner).length : items.length;
    return { owner, workloads, approvedBy, missing: Math.max(0, needed - approvedBy.length) };
  });
}
