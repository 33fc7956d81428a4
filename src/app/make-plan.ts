import { ChangeoverError } from '../core/error.ts';
import { hashJson } from '../core/hash-json.ts';
import { agentRepository } from '../core/image/target-name.ts';
import { repositoryName, type Repository } from '../core/image/reference.ts';
import { callGraphOrder } from '../core/plan/call-graph-order.ts';
import { expectedBreaks } from '../core/plan/expected-breaks.ts';
import { makeBatches } from '../core/plan/make-batches.ts';
import type { MigrateItem, Plan } from '../core/plan/plan.ts';
import { planHash } from '../core/plan/plan-hash.ts';
import { planWorkload, refusePush, type PlanContext, type PlannedWorkload } from '../core/plan/plan-workload.ts';
import { readChangeContext } from './change-context.ts';
import type { TraceStore } from '../ports/trace-store.ts';
import type { ReadPorts } from './ports.ts';
import { readCalls } from './read-calls.ts';
import { requireTraces } from './require-traces.ts';
import { reportSigned } from './sign-findings.ts';
import { survey, type SurveyOptions } from './survey.ts';

export interface PlanOptions extends SurveyOptions {
  /** Folder that relative paths of the policy are relative to. */
  readonly directory: string;
  /** Findings accepted by id, besides the policy's `allow`. */
  readonly allow: readonly string[];
  /** Where the call graph is asked for, as far as there is one; a policy that needs it is not planned while it is down. */
  readonly traces?: TraceStore | undefined;
}

/**
 * Works out what would change: every workload with its new image (computed, not pushed), edits and findings, or the reason
 * it is left alone; then the batches. Writes nothing, to no registry and no cluster.
 * Errors: those of the ports; `usage` when `workload` names nothing the policy selects.
 */
export async function makePlan(ports: ReadPorts, options: PlanOptions): Promise<Plan> {
  const { policy } = options;
  await requireTraces(options.traces, policy, options.signal);
  const cluster = await ports.cluster.identity(options.signal);
  options.onProgress?.('Reading the new agent');
  const change = await readChangeContext(ports, policy);
  const inspections = await survey(ports, options);
  if (options.workload !== undefined && inspections.length === 0) throw unknownWorkload(options.workload);
  const createdAt = new Date(ports.clock.now()).toISOString();
  const context: PlanContext = { ...change, allowance: { ids: options.allow, rules: policy.allow, today: createdAt.slice(0, 10) } };
  const planned = await provePushRights(
    ports,
    inspections.map((inspection) => planWorkload(inspection, context)),
    options,
  );
  const items = (await reportSigned(ports.registry, planned, { ...options, inspections })).map((each) => each.item);
  const moved = items.filter((item): item is MigrateItem => item.action === 'migrate');
  const calls = policy.rollout.topology && options.traces && (await readCalls(options.traces, ports.clock, options.signal));
  const batches = makeBatches(moved, policy.rollout, calls && callGraphOrder(moved, calls));
  if (policy.rollout.topology && !calls) options.onProgress?.('No call graph (rollout.topology): the batches are ordered by namespace and name');
  const { digest, diffId, size } = change.agentLayer;
  const bridge = change.bridge === undefined ? {} : { bridge: change.bridge };
  const plan: Omit<Plan, 'hash'> = {
    apiVersion: 'changeover.dev/v1alpha1',
    kind: 'Plan',
    name: runName(policy.name, createdAt),
    createdAt,
    cluster: { id: cluster.id, server: cluster.server },
    policyHash: hashJson(policy.source),
    policy: policy.source,
    policyDirectory: options.directory,
    agentLayer: { digest, diffId, size, version: change.agentVersion, ...bridge },
    items,
    batches,
    ...(await breaksWithoutBridge(ports, { items, batches }, options)),
  };
  return { ...plan, hash: planHash(plan) };
}

/** Only of SkyWalking's header is it known that the new agent alone neither reads nor writes it. */
async function breaksWithoutBridge(ports: ReadPorts, plan: Pick<Plan, 'items' | 'batches'>, options: PlanOptions): Promise<Pick<Plan, 'expectedBreaks'>> {
  const { from, to } = options.policy;
  if (to.bridge || from.agent !== 'skywalking' || plan.batches.length === 0) return {};
  const edges = options.traces && (await readCalls(options.traces, ports.clock, options.signal));
  return { expectedBreaks: expectedBreaks(plan, from.agent, edges) };
}

/** Asks each registry once per repository whether we may push there: a plan that cannot be carried out says so now. */
async function provePushRights(ports: ReadPorts, planned: readonly PlannedWorkload[], options: PlanOptions): Promise<readonly PlannedWorkload[]> {
  const answers = new Map<string, Promise<boolean>>();
  const canPush = (repository: Repository): Promise<boolean> => {
    const name = repositoryName(repository);
    const known = answers.get(name) ?? ports.registry.canPush(repository, options.signal);
    answers.set(name, known);
    return known;
  };
  return Promise.all(
    planned.map(async (each) => {
      if (!each.target) return each;
      const { repository } = each.target.reference;
      const home = agentRepository(options.policy.image.agentRepository, repository);
      for (const needed of [repository, home]) {
        if (!(await canPush(needed))) return { item: refusePush(each.item, repositoryName(needed)) };
      }
      return each;
    }),
  );
}

/** `<policy>-<yyyymmdd-hhmmss>`: the run's name too, so two plans of a day do not share records. At most 56 characters. */
function runName(policy: string, createdAt: string): string {
  const [day = '', time = ''] = createdAt.replaceAll(/[-:]/g, '').slice(0, 15).split('T');
  return `${policy.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-${day}-${time}`;
}

function unknownWorkload(name: string): ChangeoverError {
  const hint = 'Write it as namespace/kind/name; `changeover scan` lists what there is.';
  return new ChangeoverError('usage', `the policy selects no workload ${name}`, { target: name, hint });
}
