import type { DetectedAgent } from '../agents/agent.ts';
import type { Finding, Skip } from '../finding.ts';
import type { Policy } from '../policy/policy.ts';
import { repositoryName } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { redactValue } from '../redact.ts';
import { podTemplate, templateHash } from '../workload/pod-template.ts';
import { sealEdits } from '../workload/seal-edits.ts';
import { blockingFindings, type Allowance } from './allowed.ts';
import { chooseDelivery } from './choose-delivery.ts';
import type { TargetImage } from './compose-target.ts';
import { couplingFindings } from './coupling-findings.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { InspectedContainer, Inspection } from './inspect-workload.ts';
import { summariseAgent, replicasWanted } from './scan-item.ts';
import { surgeFindings, surgeOf } from './surge.ts';
import { forecastRelease } from './forecast.ts';
import { teamOf } from './owner-team.ts';
import type { MigrateItem, PlanItem, RefusedDelivery } from './plan.ts';
import { preflight } from './preflight.ts';
import type { ChangeContext, ChangeSubject, PlannedChange } from './plan-change.ts';
import { planSettings, readAgentSettings } from './plan-settings.ts';
import { agentsMeant, isUpgrade, runningAgents } from './running-agents.ts';

export interface PlanContext extends ChangeContext {
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
  const found = runningIn(business, context.policy).find((each) => each.agent === context.policy.from.agent);
  if (!found || business.image.kind !== 'read') return { item: skipItem(inspection, context, blockedBy(inspection.findings)) };
  const subject: Subject = { inspection, business, found, source: business.image.image };
  const { change, refused } = chooseDelivery(changeSubject(subject), context);
  const findings = [
    ...inspection.findings,
    ...(change?.findings ?? settingsFindings(subject, context)),
    ...codeFindings(subject.source),
    ...preflightOf(subject, change),
    ...surgeFindings(inspection.workload, context.policy.rollout.maxSurgePods),
  ];
  if (change && isOnTarget(change, subject, context))
    return { item: skipItem(inspection, context, { id: 'already-on-target', params: { agent: found.agent } }) };
  const blocking = blockingFindings(findings, inspection.workload, context.allowance);
  if (change && blocking.length === 0) return { item: makeItem(subject, context, { change, refused, findings }), target: change.target };
  const reasons = blocking.length > 0 ? blocking : refused.map((each) => each.finding);
  return { item: { ...skipItem({ ...inspection, findings }, context, blockedBy(reasons)), refused } };
}

function preflightOf({ inspection, business, source }: Subject, change: PlannedChange | undefined): readonly Finding[] {
  const { container, reading } = business;
  return preflight({ workload: inspection.workload, container, reading, facts: source.platforms[0].facts, imageEnv: change?.env ?? {} });
}

interface Subject {
  readonly inspection: Inspection;
  readonly business: InspectedContainer;
  readonly found: DetectedAgent;
  readonly source: SourceImage;
}

function changeSubject({ inspection, business, source }: Subject): ChangeSubject {
  return { workload: inspection.workload, container: business.container, configMaps: inspection.configMaps, source };
}

/** What is to be said of the settings of a workload that is not changed. */
function settingsFindings(subject: Subject, { policy, files, agentVersion: version }: PlanContext): readonly Finding[] {
  const { business, source, found } = subject;
  const mode = policy.delivery === 'image' ? 'image' : 'takeover';
  return planSettings({ ...changeSubject(subject), facts: source.platforms[0].facts, policy, files }, business.reading, { found, mode, version }).findings;
}

function runningIn({ reading, image }: InspectedContainer, policy?: Policy): readonly DetectedAgent[] {
  const facts = image.kind === 'read' ? image.image.platforms[0].facts : undefined;
  return policy ? agentsMeant(reading, facts, policy) : runningAgents(reading, facts);
}

/** An upgrade with nothing to do: our image would become itself, or another's has this very version and every setting already. */
function isOnTarget(change: PlannedChange, { business, found, source }: Subject, { policy, agentVersion }: PlanContext): boolean {
  if (!isUpgrade(policy) || change.edits.some((edit) => edit.kind !== 'image')) return false;
  if (source.platforms[0].facts.ours) return change.target.root.digest === source.digest;
  const { entrypoint, cmd, changes } = change.delivery;
  const isSet = Object.entries(change.env).every(([name, value]) => business.reading.env.values[name] === value);
  return found.version === agentVersion && change.mode === 'takeover' && isSet && !entrypoint && !cmd && changes.every((each) => each.kind !== 'file');
}

function makeItem(
  { inspection, business, found, source }: Subject,
  context: PlanContext,
  made: { readonly change: PlannedChange; readonly refused: readonly RefusedDelivery[]; readonly findings: readonly Finding[] },
): MigrateItem {
  const { change } = made;
  const { removes, stays, entrypoint, cmd } = change.delivery;
  const edited = change.delivery.changes.flatMap((each) => (each.kind === 'file' ? [each.path] : []));
  return {
    ...itemBase(inspection, context, made.findings),
    action: 'migrate',
    container: business.container.name,
    surge: surgeOf(inspection.workload),
    templateHash: templateHash(podTemplate(inspection.workload.object)),
    source: {
      image: business.container.image,
      repository: repositoryName(source.repository),
      digest: source.digest,
      ...(source.platforms[0].facts.files ? {} : { unscanned: true }),
    },
    agent: summariseAgent(found, readAgentSettings(business.reading, found)),
    delivery: change.mode,
    refused: made.refused,
    target: {
      reference: change.reference,
      digest: change.target.root.digest,
      hash8: change.target.hash8,
      env: Object.fromEntries(Object.entries(change.env).map(([name, value]) => [name, redactValue(name, value)])),
      removes,
      stays,
      ...(entrypoint ? { entrypoint: entrypoint.map((word) => redactValue('', word)) } : {}),
      ...(cmd ? { cmd: cmd.map((word) => redactValue('', word)) } : {}),
      ...(edited.length > 0 ? { edited } : {}),
    },
    edits: sealEdits(change.edits),
    fingerprint: fingerprintOf(source, found),
    nextRelease: forecastRelease(inspection.owner),
  };
}

/** The application's own use of classes that only the old agent brings, and of libraries that mean nothing without it. */
export function codeFindings(source: SourceImage): readonly Finding[] {
  const references = source.platforms[0].facts.files?.references() ?? {};
  const paths = Object.keys(references);
  const couplings = couplingFindings(source.platforms[0].facts);
  if (paths.length === 0) return couplings;
  return [
    ...couplings,
    { id: 'agent-core-in-app', severity: 'block', params: { paths: paths.slice(0, 10), names: [...new Set(Object.values(references).flat())].slice(0, 10) } },
  ];
}

function blockedBy(findings: readonly Finding[]): Skip {
  return { id: 'blocked', params: { findings: [...new Set(findings.filter((finding) => finding.severity === 'block').map((finding) => finding.id))] } };
}

function itemBase(inspection: Inspection, context: PlanContext, findings: readonly Finding[]): Omit<PlanItem & { action: 'skip' }, 'action' | 'skip'> {
  const { workload } = inspection;
  const team = teamOf(workload, context.policy);
  return {
    id: workload.id,
    uid: workload.uid,
    owner: inspection.owner,
    replicas: replicasWanted(workload),
    findings,
    ...(team === undefined ? {} : { team }),
  };
}

function skipItem(inspection: Inspection, context: PlanContext, skip: Skip): PlanItem & { readonly action: 'skip' } {
  const { business, migratedBy } = inspection;
  const [found] = business ? runningIn(business) : [];
  return {
    ...itemBase(inspection, context, inspection.findings),
    action: 'skip',
    skip,
    ...(business ? { container: business.container.name } : {}),
    ...(business && found ? { agent: summariseAgent(found, readAgentSettings(business.reading, found)) } : {}),
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
    refused: item.action === 'migrate' ? [...item.refused, { mode: item.delivery, finding }] : [],
  };
}
