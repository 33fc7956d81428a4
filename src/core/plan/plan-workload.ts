import { agents } from '../agents/agents.ts';
import type { AgentSettings, DetectedAgent } from '../agents/agent.ts';
import { mapSettings } from '../agents/skywalking/map-to-opentelemetry.ts';
import type { Finding, Skip } from '../finding.ts';
import type { BuiltLayer } from '../image/built-layer.ts';
import { formatReference, parseImageReference, repositoryName, type ImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { serviceNameFrom } from '../jvm/service-name.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import { detectOwner } from '../workload/owner.ts';
import { podTemplate, templateHash, templateLabels } from '../workload/pod-template.ts';
import type { Workload } from '../workload/workload.ts';
import { blockingFindings, type Allowance } from './allowed.ts';
import { composeTarget, type TargetImage } from './compose-target.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { InspectedContainer, Inspection } from './inspect-workload.ts';
import { summariseAgent, replicasWanted } from './scan-item.ts';
import { teamOf } from './owner-team.ts';
import type { MigrateItem, PlanItem, RefusedDelivery } from './plan.ts';
import { planTakeover, type TakeoverLayer } from './takeover.ts';
import { imageEnv, podEnvEdits } from './target-env.ts';

export interface PlanContext {
  readonly policy: Policy;
  readonly agentLayer: BuiltLayer;
  readonly agentVersion: string;
  readonly allowance: Allowance;
}

/** The plan's word on one workload; a migration comes with the image to push. */
export interface PlannedWorkload {
  readonly item: PlanItem;
  readonly target?: TargetImage;
}

/**
 * Plans one inspected workload: collects every finding, chooses the delivery, composes the new image and the edits of the
 * pod template. Anything that blocks and is not allowed makes it `skipped(blocked)`, with all reasons. Pure.
 */
export function planWorkload(inspection: Inspection, context: PlanContext): PlannedWorkload {
  const { business, skip } = inspection;
  if (skip || !business) return { item: skipItem(inspection, context, skip ?? { id: 'ambiguous-container', params: {} }) };
  const found = business.detected.find((each) => each.agent === context.policy.from.agent);
  if (!found || business.image.kind !== 'read') return { item: skipItem(inspection, context, blockedBy(inspection.findings)) };
  const draft = draftMigration({ inspection, business, found, source: business.image.image }, context);
  const blocking = blockingFindings(draft.findings, inspection.workload, context.allowance);
  if (!draft.target || !draft.item || blocking.length > 0) {
    const reasons = blocking.length > 0 ? blocking : draft.refused.map((refused) => refused.finding);
    return { item: { ...skipItem({ ...inspection, findings: draft.findings }, context, blockedBy(reasons)), refused: draft.refused } };
  }
  return { item: draft.item, target: draft.target };
}

interface Subject {
  readonly inspection: Inspection;
  readonly business: InspectedContainer;
  readonly found: DetectedAgent;
  readonly source: SourceImage;
}

interface Draft {
  readonly findings: readonly Finding[];
  readonly refused: readonly RefusedDelivery[];
  readonly item?: MigrateItem;
  readonly target?: TargetImage;
}

function draftMigration(subject: Subject, context: PlanContext): Draft {
  const { inspection, business, found, source } = subject;
  const { policy } = context;
  const { workload } = inspection;
  const facts = source.platforms[0].facts;
  const settings = settingsOf(business, found);
  const mapping = mapWorkload(workload, settings, policy);
  const fleet = imageEnv(policy, facts.config, business.container);
  const pod = podEnvEdits(business.container, mapping.env, { ...Object.fromEntries(facts.config.env), ...fleet.env });
  const findings = [...inspection.findings, ...settings.findings, ...mapping.findings, ...fleet.findings, ...pod.findings, ...codeFindings(source)];
  const takeover = planTakeover({ workload, container: business.container, facts, jarPath: found.jarPath, policy });
  if (takeover.kind === 'refused') return { findings, refused: [{ mode: 'takeover', finding: takeover.finding }] };
  const image = runningReference(business, source);
  const edits = { agent: policy.to.agent, version: context.agentVersion, agentLayer: context.agentLayer, changes: takeover.changes, env: fleet.env };
  const composed = composeTarget(source, edits, { template: policy.image.to, image });
  if (composed.kind === 'refused') return { findings, refused: [{ mode: 'takeover', finding: composed.finding }] };
  const { target } = composed;
  const item = makeItem(subject, context, { target, takeover, env: fleet.env, edits: [imageEdit(business, target, policy), ...pod.edits], findings });
  return { findings, refused: [], item, target };
}

function makeItem(
  subject: Subject,
  context: PlanContext,
  made: { readonly target: TargetImage; readonly takeover: TakeoverLayer; readonly env: { readonly [name: string]: string }; readonly edits: readonly Edit[]; readonly findings: readonly Finding[] },
): MigrateItem {
  const { inspection, business, found, source } = subject;
  const { target, takeover } = made;
  return {
    ...itemBase(inspection, context, made.findings),
    action: 'migrate',
    container: business.container.name,
    templateHash: templateHash(podTemplate(inspection.workload.object)),
    source: { image: business.container.image, repository: repositoryName(source.repository), digest: source.digest },
    agent: summariseAgent(found, settingsOf(business, found)),
    delivery: 'takeover',
    refused: [],
    target: { reference: targetText(target, context.policy), digest: target.root.digest, hash8: target.hash8, env: made.env, removes: takeover.removes, stays: takeover.stays },
    edits: made.edits,
    fingerprint: fingerprintOf(source, found),
  };
}

function imageEdit(business: InspectedContainer, target: TargetImage, policy: Policy): Edit {
  return { kind: 'image', container: business.container.name, before: business.container.image, after: targetText(target, policy) };
}

/** What goes into the pod template, by `image.reference`. */
function targetText(target: TargetImage, policy: Policy): string {
  const { repository, tag } = target.reference;
  const { digest } = target.root;
  switch (policy.image.reference) {
    case 'tag':
      return formatReference({ repository, tag });
    case 'digest':
      return formatReference({ repository, digest });
    case 'tag@digest':
      return formatReference({ repository, tag, digest });
  }
}

/** The container's image as written, with the digest its pods run. */
function runningReference(business: InspectedContainer, source: SourceImage): ImageReference {
  return { ...parseImageReference(business.container.image), digest: source.digest };
}

function settingsOf(business: InspectedContainer, found: DetectedAgent): AgentSettings {
  const plugin = agents.find((agent) => agent.id === found.agent);
  return plugin ? plugin.readSettings(business.context, found) : { values: {}, findings: [] };
}

function mapWorkload(workload: Workload, settings: AgentSettings, policy: Policy): { readonly env: { readonly [name: string]: string }; readonly findings: readonly Finding[] } {
  const template = policy.to.serviceName;
  const labels = workload.object.metadata.labels ?? {};
  const named = template === undefined ? undefined : serviceNameFrom(template, labels, templateLabels(podTemplate(workload.object)));
  if (template !== undefined && named === undefined) {
    return { env: {}, findings: [{ id: 'service-name-unknown', severity: 'block', params: { template } }] };
  }
  const mapped = mapSettings(settings, named === undefined ? {} : { serviceName: named });
  if (mapped.env['OTEL_SERVICE_NAME'] !== undefined) return mapped;
  return { ...mapped, findings: [...mapped.findings, { id: 'service-name-unknown', severity: 'block', params: {} }] };
}

function codeFindings(source: SourceImage): readonly Finding[] {
  const references = source.platforms[0].facts.files?.references() ?? {};
  const paths = Object.keys(references);
  if (paths.length === 0) return [];
  return [{ id: 'agent-core-in-app', severity: 'block', params: { paths: paths.slice(0, 10), names: [...new Set(Object.values(references).flat())].slice(0, 10) } }];
}

function blockedBy(findings: readonly Finding[]): Skip {
  return { id: 'blocked', params: { findings: [...new Set(findings.filter((finding) => finding.severity === 'block').map((finding) => finding.id))] } };
}

function itemBase(inspection: Inspection, context: PlanContext, findings: readonly Finding[]): Omit<PlanItem & { action: 'skip' }, 'action' | 'skip'> {
  const { workload } = inspection;
  const team = teamOf(workload, context.policy);
  return { id: workload.id, uid: workload.uid, owner: detectOwner(workload.object), replicas: replicasWanted(workload), findings, ...(team === undefined ? {} : { team }) };
}

function skipItem(inspection: Inspection, context: PlanContext, skip: Skip): PlanItem & { readonly action: 'skip' } {
  const { business, migratedBy } = inspection;
  const found = business?.detected[0];
  return {
    ...itemBase(inspection, context, inspection.findings),
    action: 'skip',
    skip,
    ...(business ? { container: business.container.name } : {}),
    ...(business && found ? { agent: summariseAgent(found, settingsOf(business, found)) } : {}),
    ...(migratedBy === undefined ? {} : { migratedBy }),
  };
}

/** A migration turned into a skip, since the registry does not let us push the new image. */
export function refusePush(item: PlanItem, repository: string): PlanItem {
  const finding: Finding = { id: 'push-denied', severity: 'block', params: { repository } };
  const { id, uid, owner, replicas, team } = item;
  return {
    id,
    uid,
    owner,
    replicas,
    ...(team === undefined ? {} : { team }),
    ...(item.agent ? { agent: item.agent } : {}),
    ...(item.container === undefined ? {} : { container: item.container }),
    action: 'skip',
    findings: [...item.findings, finding],
    skip: blockedBy([finding]),
    refused: [{ mode: 'takeover', finding }],
  };
}
