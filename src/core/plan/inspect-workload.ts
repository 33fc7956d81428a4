import { otherAgentFindings } from '../agents/other-agent-findings.ts';
import type { Finding, Skip } from '../finding.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { SourceImage } from '../image/source-image.ts';
import type { ConfigMaps } from '../jvm/effective-env.ts';
import type { Policy } from '../policy/policy.ts';
import { readMarker, readOutcome } from '../rollout/marker.ts';
import { detectOwner, ownerReverts } from '../workload/owner.ts';
import { ownerFindings } from './owner-findings.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { idleFindings, illBefore, matchesNameRule, type Candidate, type FirstLook } from './first-look.ts';
import { injectionFindings } from './brought-agent.ts';
import { ownerOf } from './owner-team.ts';
import type { Owner } from './plan.ts';
import { readContainer, type ContainerReading } from './read-container.ts';
import { agentsMeant, isUpgrade } from './running-agents.ts';

/** An image a candidate runs, as far as it could be read. */
export type CandidateImage =
  | { readonly kind: 'read'; readonly image: SourceImage }
  | { readonly kind: 'problem'; readonly finding: Finding }
  | { readonly kind: 'not-read' };

export interface InspectInput {
  readonly workload: Workload;
  readonly policy: Policy;
  readonly look: FirstLook;
  /** By container name. */
  readonly images: ReadonlyMap<string, CandidateImage>;
  readonly configMaps: ConfigMaps;
  /** With what its owner's own objects say; left out = what the workload's marks tell. */
  readonly owner?: Owner;
}

/** One container with what it effectively runs. */
export interface InspectedContainer {
  readonly container: Container;
  readonly digests: readonly string[];
  readonly image: CandidateImage;
  readonly reading: ContainerReading;
}

/** A workload with its business container found, or the true reason why it is left alone. */
export interface Inspection {
  readonly workload: Workload;
  readonly owner: Owner;
  readonly business?: InspectedContainer;
  /** What its containers take variables from. */
  readonly configMaps: ConfigMaps;
  readonly skip?: Skip;
  readonly findings: readonly Finding[];
  readonly migratedBy?: string;
}

/**
 * Finds the business container and the agent in it, from effective configuration. Container rule: the one carrying the
 * `from` agent; else the one matching the name rule; else the only one left; otherwise ambiguous, with the candidates. Pure.
 */
export function inspectWorkload(input: InspectInput): Inspection {
  const { workload, look, policy } = input;
  const inspected = look.candidates.map((candidate) => inspectContainer(candidate, input));
  const business = chooseContainer(inspected, input);
  const owner = input.owner ?? detectOwner(workload.object);
  const findings = business ? [...findingsOf(business), ...ownerFindings(owner), ...idleFindings(workload, policy), ...injectionFindings(workload)] : [];
  const base = { workload, owner, configMaps: input.configMaps, ...(business ? { business } : {}), findings };
  if (look.skip) return { ...base, skip: look.skip };
  if (!business)
    return {
      ...base,
      skip: { id: inspected.length === 0 ? 'no-jvm' : 'ambiguous-container', params: { candidates: inspected.map((each) => each.container.name) } },
    };
  return { ...base, ...judgeBusiness(business, { ...input, owner }, policy) };
}

function judgeBusiness(
  business: InspectedContainer,
  input: InspectInput & { readonly owner: Owner },
  policy: Policy,
): { readonly skip?: Skip; readonly migratedBy?: string } {
  const { workload } = input;
  const facts = factsOf(business.image);
  const has = (agent: string): boolean => agentsMeant(business.reading, facts, policy).some((each) => each.agent === agent);
  if (!isUpgrade(policy) && (facts?.ours?.agent === policy.to.agent || (has(policy.to.agent) && !has(policy.from.agent)))) {
    const run = runOf(workload);
    return { skip: { id: 'already-on-target', params: { agent: policy.to.agent } }, ...(run === undefined ? {} : { migratedBy: run }) };
  }
  if (!has(policy.from.agent)) {
    if (business.image.kind === 'problem') return { skip: { id: 'blocked', params: { finding: business.image.finding.id } } };
    // The agent may be in what must not be read.
    const unreadable = business.reading.options.findings.find((finding) => finding.id === 'options-unreadable' || finding.id === 'option-file-unread');
    if (unreadable) return { skip: { id: 'blocked', params: { findings: [unreadable.id] } } };
    // Or come with each pod.
    const [injected] = policy.from.agent === 'skywalking' ? injectionFindings(workload) : [];
    if (injected) return { skip: { id: 'blocked', params: { findings: [injected.id] } } };
    return { skip: { id: business.reading.options.jvm === 'no' ? 'no-jvm' : 'no-agent', params: {} } };
  }
  if (business.digests.length > 1) return { skip: { id: 'multiple-digests', params: { digests: business.digests } } };
  const ill = illBefore(workload);
  if (ill) return { skip: ill };
  const { owner } = input;
  if (ownerReverts(owner)) return { skip: { id: 'owner-reverts', params: { owner: ownerOf(owner), because: owner.because ?? '' } } };
  const marker = readMarker(workload.object);
  if (marker !== undefined) return { skip: { id: 'locked', params: { run: marker === 'unreadable' ? 'unreadable' : marker.run } } };
  return {};
}

function inspectContainer(candidate: Candidate, input: InspectInput): InspectedContainer {
  const { container, digests } = candidate;
  const image = input.images.get(container.name) ?? { kind: 'not-read' };
  const facts = factsOf(image);
  return { container, digests, image, reading: readContainer(container, { ...(facts ? { facts } : {}), configMaps: input.configMaps }) };
}

function chooseContainer(inspected: readonly InspectedContainer[], input: InspectInput): InspectedContainer | undefined {
  const { workload, policy } = input;
  const carrying = inspected.filter((each) => agentsMeant(each.reading, factsOf(each.image), policy).some((agent) => agent.agent === policy.from.agent));
  if (carrying.length > 0) return carrying.length === 1 ? carrying[0] : undefined;
  const named = inspected.filter((each) => matchesNameRule(workload, each.container.name, policy));
  if (named.length > 0) return named.length === 1 ? named[0] : longest(named);
  return inspected.length === 1 ? inspected[0] : undefined;
}

function factsOf(image: CandidateImage): ImageFacts | undefined {
  return image.kind === 'read' ? image.image.platforms[0].facts : undefined;
}

/** Of several containers whose names begin the workload's name, the longest name says most. */
function longest(named: readonly InspectedContainer[]): InspectedContainer | undefined {
  return [...named].sort((a, b) => b.container.name.length - a.container.name.length)[0];
}

function findingsOf(business: InspectedContainer): readonly Finding[] {
  const problem = business.image.kind === 'problem' ? [business.image.finding] : [];
  return [...problem, ...business.reading.options.findings, ...otherAgentFindings(business.reading.context)];
}

function runOf(workload: Workload): string | undefined {
  const marker = readMarker(workload.object);
  if (marker !== undefined && marker !== 'unreadable') return marker.run;
  return readOutcome(workload.object)?.run;
}
