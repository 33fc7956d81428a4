import { ChangeoverError } from '../../core/error.ts';
import type { Finding, Skip } from '../../core/finding.ts';
import { agentRepository } from '../../core/image/target-name.ts';
import { parseImageReference } from '../../core/image/reference.ts';
import { illBefore } from '../../core/plan/first-look.ts';
import { composeTarget, type TargetImage } from '../../core/plan/compose-target.ts';
import { planTakeover } from '../../core/plan/takeover.ts';
import { enter } from '../../core/rollout/decide.ts';
import type { WorkloadRecord } from '../../core/rollout/run-record.ts';
import type { SourceImage } from '../../core/image/source-image.ts';
import { assembleWorkloads } from '../../core/workload/assemble.ts';
import { containers, podSpec, podTemplate, templateHash } from '../../core/workload/pod-template.ts';
import { digestOfImageId, viewPod } from '../../core/workload/pod-view.ts';
import type { Workload } from '../../core/workload/workload.ts';
import { agentLayerOf } from '../agent-files.ts';
import { selectorOf } from '../observe.ts';
import { pushImage } from '../push-image.ts';
import { readImage } from '../read-image.ts';
import { resources, workloadRef } from '../resources.ts';
import { enterState, persist, recordOf, tell, type Session } from '../session.ts';

/**
 * Everything that must hold before a workload is touched: it is still what was reviewed, its pods are well, and the new
 * image exists under exactly the planned digest. Writes to the registry alone.
 */
export async function prepare(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const workload = await readWorkload(session, id);
  if (!workload || workload.uid !== record.item.uid) return void (await enterState(session, id, 'GONE', { id: 'gone', params: {} }));
  const skip = staleness(workload, record) ?? illBefore(workload);
  if (skip) return void (await enterState(session, id, 'SKIPPED', skip));
  await persist(session, { ...enter(record, 'ARTIFACT', session.ports.clock.now()), baseline: baselineOf(workload, record) });
  const made = await makeImage(session, workload, record);
  if (made.kind === 'refused')
    return void (await enterState(session, id, 'SKIPPED', { id: 'blocked', params: { findings: [made.finding.id], ...made.finding.params } }));
  await enterState(session, id, 'READY');
}

async function readWorkload(session: Session, id: string): Promise<Workload | undefined> {
  const { cluster } = session.ports;
  const object = await cluster.get(workloadRef(id), session.signal);
  if (!object) return undefined;
  const query = { namespace: object.metadata.namespace ?? '', labelSelector: selectorOf(object) };
  const [sets, pods] = await Promise.all([
    cluster.list({ resource: resources.replicaSet, ...query }, session.signal),
    cluster.list({ resource: resources.pod, ...query }, session.signal),
  ]);
  return assembleWorkloads([object], sets, pods)[0];
}

/** Per workload: pod template (without our annotations) or running digest differ from what was reviewed. */
function staleness(workload: Workload, record: WorkloadRecord): Skip | undefined {
  const { item } = record;
  if (templateHash(podTemplate(workload.object)) !== item.templateHash) return { id: 'stale', params: { what: 'pod template' } };
  const digests = new Set(
    workload.pods.map((pod) => digestOfImageId(viewPod(pod).containers.find((each) => each.name === item.container && !each.init)?.imageId ?? '')),
  );
  const other = [...digests].find((digest) => digest !== undefined && digest !== item.source.digest);
  if (other !== undefined) return { id: 'stale', params: { what: 'running digest', digest: other } };
  return workload.pods.length === 0 ? { id: 'no-pods', params: {} } : undefined;
}

function baselineOf(workload: Workload, record: WorkloadRecord): NonNullable<WorkloadRecord['baseline']> {
  const restarts = workload.pods.map((pod) => viewPod(pod).containers.find((each) => each.name === record.item.container)?.restarts ?? 0);
  return { startupRestarts: Math.min(...restarts, 5), pods: workload.pods.length };
}

async function makeImage(
  session: Session,
  workload: Workload,
  record: WorkloadRecord,
): Promise<{ readonly kind: 'ready' } | { readonly kind: 'refused'; readonly finding: Finding }> {
  const { ports, policy, signal } = session;
  const { item } = record;
  const repository = parseImageReference(item.source.image).repository;
  const read = await readImage(ports, { repository, digest: item.source.digest }, { layerScan: true, signal });
  if (read.kind === 'problem') return { kind: 'refused', finding: read.finding };
  const composed = await recompose(session, workload, { record, source: read.image });
  if (composed.kind === 'refused') return composed;
  const { target } = composed;
  if (target.root.digest !== item.target.digest) throw otherDigest(item.id, item.target.digest, target.root.digest);
  const agentHome = agentRepository(policy.image.agentRepository, target.reference.repository);
  const how = await pushImage(ports.registry, read.image, target, { agentHome, homes: session.homes, signal });
  tell(session, { type: 'image.pushed', workload: item.id, reference: item.target.reference, digest: item.target.digest, how });
  return { kind: 'ready' };
}

/** Composes the planned image once more: same source, same edits, same bytes. */
async function recompose(
  session: Session,
  workload: Workload,
  made: { readonly record: WorkloadRecord; readonly source: SourceImage },
): Promise<{ readonly kind: 'composed'; readonly target: TargetImage } | { readonly kind: 'refused'; readonly finding: Finding }> {
  const { policy, ports } = session;
  const { item } = made.record;
  const container = containers(podSpec(podTemplate(workload.object))).find((each) => each.name === item.container);
  if (!container) throw new Error(`container ${item.container} is gone from ${item.id}, though its template is unchanged`);
  const takeover = planTakeover({ workload, container, facts: made.source.platforms[0].facts, jarPath: item.agent.jarPath, policy });
  if (takeover.kind === 'refused') return takeover;
  const agent = await ports.agentFiles();
  const agentLayer = agentLayerOf(agent, policy.to.home);
  const edits = { agent: policy.to.agent, version: agent.version, agentLayer, changes: takeover.changes, env: item.target.env };
  const image = { ...parseImageReference(item.source.image), digest: item.source.digest };
  return composeTarget(made.source, edits, { template: policy.image.to, image });
}

function otherDigest(id: string, planned: string, made: string): ChangeoverError {
  return new ChangeoverError('plan-mismatch', `the new image would be ${made}, not the planned ${planned}: the agent files changed since the plan`, {
    target: id,
    hint: 'Restore the agent files, or plan anew.',
  });
}
