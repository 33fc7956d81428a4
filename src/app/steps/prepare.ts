import { ChangeoverError } from '../../core/error.ts';
import type { Skip } from '../../core/finding.ts';
import { canonicalJson } from '../../core/json.ts';
import { parseImageReference, type Repository } from '../../core/image/reference.ts';
import type { SourceImage } from '../../core/image/source-image.ts';
import { agentRepository } from '../../core/image/target-name.ts';
import { illBefore, mayBeIdle } from '../../core/plan/first-look.ts';
import { planCanary } from '../../core/rollout/canary.ts';
import { enter } from '../../core/rollout/decide.ts';
import type { WorkloadRecord } from '../../core/rollout/run-record.ts';
import { podTemplate, templateHash } from '../../core/workload/pod-template.ts';
import { digestOfImageId, viewPod } from '../../core/workload/pod-view.ts';
import { sealEdits } from '../../core/workload/seal-edits.ts';
import type { Workload } from '../../core/workload/workload.ts';
import type { TargetImage } from '../../core/plan/compose-target.ts';
import { probeBoot } from '../probe-boot.ts';
import { pushImage } from '../push-image.ts';
import { provePull } from '../push-proof.ts';
import { readWorkload } from '../read-workload.ts';
import { recompose } from '../recompose.ts';
import { enterState, persist, recordOf, tell, type Session } from '../session.ts';
import { dryRun } from './dry-run.ts';

/**
 * Everything that must hold before a workload is touched: it is still what was reviewed, its pods are well, and the new
 * image exists under exactly the planned digest. Writes to the registry alone.
 */
export async function prepare(session: Session, id: string): Promise<void> {
  const record = recordOf(session, id);
  const workload = await readWorkload(session.ports.cluster, id, session.signal);
  if (!workload || workload.uid !== record.item.uid) return void (await enterState(session, id, 'GONE', { id: 'gone', params: {} }));
  const skip = staleness(workload, record) ?? (await idleStaleness(session, workload, record)) ?? illBefore(workload) ?? withoutCanary(session, workload);
  if (skip) return void (await enterState(session, id, 'SKIPPED', skip));
  await persist(session, { ...enter(record, 'ARTIFACT', session.ports.clock.now()), baseline: baselineOf(workload, record) });
  const refused = await makeImage(session, workload, record);
  if (refused) return void (await enterState(session, id, 'SKIPPED', refused));
  await enterState(session, id, 'READY');
}

function withoutCanary({ policy }: Session, { object }: Workload): Skip | undefined {
  const canary = planCanary(object, policy.rollout.canaryMs);
  return canary && 'refused' in canary ? { id: 'blocked', params: { detail: canary.refused } } : undefined;
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
  return undefined;
}

/** Without pods the image is what its reference names: it must still be the one that was reviewed. */
async function idleStaleness({ ports, policy, signal }: Session, workload: Workload, { item }: WorkloadRecord): Promise<Skip | undefined> {
  if (workload.pods.length > 0) return undefined;
  if (!mayBeIdle(workload, policy)) return { id: 'no-pods', params: {} };
  const { repository, tag = 'latest', digest } = parseImageReference(item.source.image);
  const named = digest ?? (await ports.registry.manifest(repository, tag, signal))?.digest;
  return named === item.source.digest ? undefined : { id: 'stale', params: { what: `image of tag ${tag}`, digest: named ?? 'none' } };
}

function baselineOf(workload: Workload, record: WorkloadRecord): NonNullable<WorkloadRecord['baseline']> {
  const restarts = workload.pods.map((pod) => viewPod(pod).containers.find((each) => each.name === record.item.container)?.restarts ?? 0);
  return { startupRestarts: restarts.length === 0 ? 0 : Math.min(...restarts, 5), pods: workload.pods.length };
}

/** Makes the planned image once more and pushes it: same source, same edits, same bytes. */
async function makeImage(session: Session, workload: Workload, { item }: WorkloadRecord): Promise<Skip | undefined> {
  const { ports, policy } = session;
  const made = await recompose(session, workload, item);
  if (made.kind === 'refused') return { id: 'blocked', params: { findings: [made.finding.id], ...made.finding.params } };
  const { source, change } = made;
  const planned = new Set(item.edits.map((edit) => canonicalJson(edit)));
  const isPlanned = sealEdits(change.delivery.podEdits).every((edit) => planned.has(canonicalJson(edit)));
  if (!isPlanned) return { id: 'stale', params: { what: 'ConfigMap' } };
  if (change.target.root.digest !== item.target.digest) throw otherDigest(item.id, item.target.digest, change.target.root.digest);
  const agentHome = agentRepository(policy.image.agentRepository, change.target.reference.repository);
  const how = await push(session, { source, target: change.target, agentHome });
  if (typeof how !== 'string') return how;
  const proof = await provePull(session, { workload, source, target: change.target });
  if (proof) return proof;
  tell(session, {
    type: 'image.pushed',
    workload: item.id,
    reference: item.target.reference,
    digest: item.target.digest,
    how,
    registries: ports.registry.traffic().hosts,
  });
  const unfit = await dryRun(session, item.id, { object: workload.object, edits: change.delivery.podEdits });
  if (unfit) return unfit;
  return probeBoot(session, { workload, item, source, change });
}

/** What is wrong with this image alone skips its workload; the others go on. */
async function push(session: Session, { source, target, agentHome }: Pushed): Promise<'existed' | 'pushed' | Skip> {
  const { ports, homes, sign, signal } = session;
  try {
    return await pushImage(ports.registry, source, target, { agentHome, homes, ...(sign ? { sign } : {}), signal });
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.rule === undefined || !pushRules.has(error.rule)) throw error;
    return { id: 'blocked', params: { findings: [error.rule], detail: error.message, ...(error.target === undefined ? {} : { target: error.target }) } };
  }
}

interface Pushed {
  readonly source: SourceImage;
  readonly target: TargetImage;
  readonly agentHome: Repository;
}

const pushRules = new Set(['sign-failed', 'tag-taken', 'registry-full', 'base-not-mounted', 'foreign-layer-refused']);

function otherDigest(id: string, planned: string, made: string): ChangeoverError {
  return new ChangeoverError(
    'plan-mismatch',
    `the new image would be ${made}, not the planned ${planned}: the agent files, or those of spec.image.files, changed since the plan`,
    {
      target: id,
      hint: 'Restore the files, or plan anew.',
    },
  );
}
