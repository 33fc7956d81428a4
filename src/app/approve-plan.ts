import { createHash } from 'node:crypto';
import { ChangeoverError } from '../core/error.ts';
import { isJsonObject } from '../core/json.ts';
import type { Plan } from '../core/plan/plan.ts';
import { approvalSlices, type Approval, type ApprovalRules, type Slice } from '../core/rollout/approvals.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { refTo, resources } from './resources.ts';

export interface ApproveOptions {
  readonly stateNamespace: string;
  readonly rules: ApprovalRules;
  /** The slice; left out = the plan as a whole. */
  readonly owner?: string;
  readonly signal?: AbortSignal;
}

/**
 * Stores in the cluster that whoever the API server takes us for approves a plan, or one owner's slice of it, and returns
 * what the plan still lacks. Errors: `usage` for an owner the plan does not know; `denied` where the server does not say
 * who we are: an approval needs a name.
 */
export async function approvePlan(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  plan: Plan,
  options: ApproveOptions,
): Promise<{ readonly approval: Approval; readonly slices: readonly Slice[] }> {
  const { cluster, clock } = ports;
  const { stateNamespace, rules, owner, signal } = options;
  refuseUnknownOwner(plan, owner);
  const { user, id, server } = await cluster.identity(signal);
  if (id !== plan.cluster.id)
    throw new ChangeoverError('plan-mismatch', `the plan was made for the cluster at ${plan.cluster.server}; this is ${server}`, {
      target: `plan ${plan.name}`,
      hint: 'Choose the right context with --context.',
    });
  if (user === '')
    throw new ChangeoverError('denied', 'the API server does not say who we are, and an approval needs a name', {
      target: `plan ${plan.name}`,
      hint: 'Use a kubeconfig of your own; SelfSubjectReview needs Kubernetes 1.28.',
    });
  const approval: Approval = { by: user, at: new Date(clock.now()).toISOString(), planHash: plan.hash, ...(owner === undefined ? {} : { owner }) };
  const approvals = await store(cluster, { plan, stateNamespace, approval, signal });
  return { approval, slices: approvalSlices(plan, rules, approvals) };
}

/** Throws `refused`, naming each slice that lacks approvals and how to give them. Reads nothing where the policy asks for none. */
export async function requireApprovals(cluster: Cluster, plan: Plan, options: Pick<ApproveOptions, 'stateNamespace' | 'rules' | 'signal'>): Promise<void> {
  const { stateNamespace, rules, signal } = options;
  if (!rules.perOwner && rules.min === 0) return;
  const object = await cluster.get(refTo(resources.configMap, stateNamespace, objectName(plan)), signal);
  const open = approvalSlices(plan, rules, object ? readApprovals(object) : []).filter((slice) => slice.missing > 0);
  const [first] = open;
  if (!first) return;
  const lacks = open.map((slice) => `${sliceName(slice, rules)} lacks ${slice.missing} (has ${slice.approvedBy.join(', ') || 'none'})`);
  throw new ChangeoverError('refused', `plan ${plan.name} is not approved: ${lacks.join('; ')}`, {
    target: `plan ${plan.name} (hash ${plan.hash.slice(0, 12)})`,
    hint: `Let them run \`changeover approve plan.json${first.owner === undefined ? '' : ` --owner ${first.owner}`}\` with this very file; a plan made anew needs new approvals.`,
    rule: 'approvals',
  });
}

/** A slice for people. */
export function sliceName(slice: Slice, rules: ApprovalRules): string {
  if (slice.owner !== undefined) return `owner ${slice.owner}`;
  return rules.perOwner ? 'the workloads without an owner' : 'the plan';
}

function refuseUnknownOwner(plan: Plan, owner: string | undefined): void {
  const owners = [...new Set(plan.items.flatMap((item) => (item.action === 'migrate' && item.team !== undefined ? [item.team] : [])))].sort();
  if (owner === undefined || owners.includes(owner)) return;
  const hint = owners.length === 0 ? 'Its workloads name no owner: set owners.label in the policy and plan anew.' : `Its owners are ${owners.join(', ')}.`;
  throw new ChangeoverError('usage', `the plan changes no workload of ${owner}`, { target: `plan ${plan.name}`, hint });
}

/** Compare-and-swap: two persons at once are both counted. */
async function store(
  cluster: Cluster,
  what: { readonly plan: Plan; readonly stateNamespace: string; readonly approval: Approval; readonly signal: AbortSignal | undefined },
): Promise<readonly Approval[]> {
  const { plan, stateNamespace, approval, signal } = what;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const current = await cluster.get(refTo(resources.configMap, stateNamespace, objectName(plan)), signal);
    const before = current ? readApprovals(current) : [];
    if (before.some((each) => each.by === approval.by && each.owner === approval.owner)) return before;
    const approvals = [...before, approval];
    const data = { approvals: JSON.stringify({ version: 1, plan: plan.name, planHash: plan.hash, approvals }) };
    const labels = { 'app.kubernetes.io/managed-by': 'changeover', 'changeover.dev/record': 'approvals' };
    const fresh = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: objectName(plan), namespace: stateNamespace, labels }, data };
    try {
      await (current ? cluster.replace({ ...current, data }) : cluster.create(fresh));
      return approvals;
    } catch (error) {
      if (!(error instanceof ChangeoverError) || error.code !== 'conflict') throw error;
    }
  }
  throw new ChangeoverError('conflict', 'the approvals change all the time; yours was not stored', { hint: 'Try again.', retryable: true });
}

function readApprovals(object: KubeObject): readonly Approval[] {
  const target = `${object.metadata.namespace}/ConfigMap/${object.metadata.name}`;
  const data = object['data'];
  const text = isJsonObject(data) ? data['approvals'] : undefined;
  try {
    const value = JSON.parse(typeof text === 'string' ? text : '') as { readonly version: number; readonly approvals: readonly Approval[] };
    if (value.version === 1 && Array.isArray(value.approvals)) return value.approvals;
  } catch {
    // Said below: whoever damaged it, it counts for nothing.
  }
  throw new ChangeoverError('refused', 'the approvals cannot be read', {
    target,
    hint: 'Somebody edited them; delete the ConfigMap and let them approve again.',
  });
}

function objectName(plan: Plan): string {
  return `changeover-approvals-${createHash('sha256').update(plan.hash).digest('hex').slice(0, 16)}`;
}
