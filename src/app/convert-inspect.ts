import { leftOut } from '../core/convert/selects.ts';
import { malformedContainers, targetWorkload } from '../core/convert/target-workload.ts';
import type { Finding, SkipId } from '../core/finding.ts';
import { firstLook, type FirstLook } from '../core/plan/first-look.ts';
import { inspectWorkload, type CandidateImage, type Inspection } from '../core/plan/inspect-workload.ts';
import { agentsMeant } from '../core/plan/running-agents.ts';
import type { DocumentPath } from '../core/policy/placed-document.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Container, Workload } from '../core/workload/workload.ts';
import type { ReadManifests } from '../ports/manifest-text.ts';
import { knownByConfig, readImages, referenceOf, type ImageKnowledge, type KnownImages } from './convert-images.ts';
import type { OpenedSources, OpenedTarget } from './convert-sources.ts';

export interface ConvertOptions {
  readonly policy: Policy;
  readonly images: ImageKnowledge;
  readonly readManifests: ReadManifests;
  /** Narrows the policy's namespaces; a single one is also that of objects that name none. */
  readonly namespaces?: readonly string[];
  /** `YYYY-MM-DD`, for rules of the policy that end. */
  readonly today: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** What is to be said of one place of a file. */
export interface ConvertNote {
  readonly file: string;
  readonly line: number;
  /** `Kind/name`, and the container where one is meant. */
  readonly object: string;
  readonly container?: string;
  readonly finding: Finding;
}

/** A pod template with what it runs. */
export interface InspectedTarget {
  readonly file: string;
  readonly opened: OpenedTarget;
  readonly inspection: Inspection;
  /** The policy means it. */
  readonly selected: boolean;
  /** Its business container carries the agent to replace. */
  readonly carries: boolean;
  readonly notes: readonly ConvertNote[];
}

interface Subject {
  readonly file: string;
  readonly opened: OpenedTarget;
  readonly workload: Workload;
  readonly look: FirstLook;
  readonly leftOut: ReturnType<typeof leftOut>;
}

/** Reasons that hold without a cluster; what is about pods and owners does not count for a manifest. */
const offline: readonly SkipId[] = ['ambiguous-container', 'no-jvm', 'no-agent', 'already-on-target', 'blocked'];

/** Inspects every pod template by the policy's rules, with what is known of the images. */
export async function inspectTargets(opened: OpenedSources, options: ConvertOptions): Promise<readonly InspectedTarget[]> {
  const subjects = opened.sources.flatMap((source) => source.targets.map((target) => subjectOf(source.file, target, options)));
  const meant = subjects.filter((subject) => subject.leftOut === undefined);
  const images = await knownImages(meant, opened, options);
  return subjects.map((subject) => inspectSubject(subject, { opened, images, options }));
}

/** A note about a place below the object. */
export function noteOf({ file, opened }: Pick<InspectedTarget, 'file' | 'opened'>, finding: Finding, path: DocumentPath = opened.target.specPath): ConvertNote {
  const { document, target } = opened;
  const [name] = [path.at(-2) === 'containers' ? containerNameAt(target.spec, Number(path.at(-1))) : undefined];
  const line = document.position(path)?.line ?? document.position([...target.objectPath, 'kind'])?.line ?? 1;
  return { file, line, object: `${target.kind}/${target.name}`, ...(name === undefined ? {} : { container: name }), finding };
}

function subjectOf(file: string, opened: OpenedTarget, { policy, namespaces }: ConvertOptions): Subject {
  const [namespace = '', ...others] = namespaces ?? policy.select.namespaces;
  const workload = targetWorkload(opened.target, others.length === 0 ? namespace : '');
  return { file, opened, workload, look: { candidates: firstLook(workload, policy).candidates }, leftOut: leftOut(workload, policy, namespaces) };
}

async function knownImages(subjects: readonly Subject[], opened: OpenedSources, options: ConvertOptions): Promise<KnownImages> {
  const { images } = options;
  const candidates = subjects.flatMap((subject) => subject.look.candidates.map((each) => each.container));
  switch (images.kind) {
    case 'registry':
      return readImages(images.ports, candidates, options);
    case 'config': {
      const business = subjects.map((subject) => inspect(subject, { opened, images: new Map(), options }).business?.container);
      return knownByConfig(
        images,
        business.filter((container): container is Container => container !== undefined),
      );
    }
    case 'none':
      return new Map();
    default:
      return images satisfies never;
  }
}

interface InspectContext {
  readonly opened: OpenedSources;
  readonly images: KnownImages;
  readonly options: ConvertOptions;
}

function inspect({ workload, look, opened: { target } }: Subject, { opened, images, options }: InspectContext): Inspection {
  const byContainer = new Map(
    look.candidates.map(({ container }): [string, CandidateImage] => [container.name, images.get(container.image) ?? { kind: 'not-read' }]),
  );
  const configMaps = opened.configMaps.get(target.namespace ?? '') ?? {};
  return inspectWorkload({ workload, policy: options.policy, look, images: byContainer, configMaps });
}

function inspectSubject(subject: Subject, context: InspectContext): InspectedTarget {
  const { file, opened } = subject;
  const inspection = inspect(subject, context);
  const selected = subject.leftOut === undefined;
  const base = { file, opened, inspection, selected };
  if (!selected) return { ...base, carries: false, notes: [noteOf(base, { id: 'not-selected', severity: 'info', params: { by: subject.leftOut } })] };
  const malformed = malformedContainers(opened.target).map(({ index, field }) => {
    const path = [...opened.target.specPath, 'containers', index];
    return noteOf(base, { id: 'container-not-valid', severity: isSuspect(opened.target.spec) ? 'warn' : 'info', params: { field } }, path);
  });
  const { skip, business } = inspection;
  const problem =
    business && referenceOf(business.container.image) === undefined && namesAgent(inspection, context) ? notAnImage(business.container.image) : undefined;
  const findings = problem ? [problem] : skip && offline.includes(skip.id) ? skipFindings(inspection, context) : [];
  const carries = business !== undefined && findings.length === 0;
  return {
    ...base,
    carries,
    notes: [...malformed, ...findings.map((finding) => noteOf(base, finding, business ? placeOf(opened, business.container.name) : undefined))],
  };
}

/** Why a template stays as it is: `info` where nothing in it speaks of the agent to replace. */
function skipFindings({ skip, findings, business, workload }: Inspection, { images, options }: InspectContext): readonly Finding[] {
  if (!skip) return [];
  const severity = isSuspect(workload.object) ? 'warn' : 'info';
  const unknown = business && images.get(business.container.image) === undefined && business.reading.options.jvm !== 'no';
  if (skip.id === 'no-agent' && unknown && options.images.kind !== 'registry') {
    return [severity === 'warn' ? { id: 'start-not-known', severity: 'warn', params: {} } : { id: 'agent-not-named', severity: 'info', params: {} }];
  }
  if (skip.id === 'blocked') return findings.filter((finding) => finding.severity === 'block');
  return [{ id: skip.id, severity: skip.id === 'ambiguous-container' ? severity : 'info', params: skip.params }];
}

function namesAgent({ business }: Inspection, { options: { policy } }: InspectContext): boolean {
  if (!business) return false;
  const { reading, image } = business;
  return agentsMeant(reading, image.kind === 'read' ? image.image.platforms[0].facts : undefined, policy).some((each) => each.agent === policy.from.agent);
}

function notAnImage(image: string): Finding {
  return { id: 'not-an-image-name', severity: 'block', params: { image } };
}

function placeOf({ target }: OpenedTarget, container: string): DocumentPath {
  const list = target.spec['containers'] as readonly { readonly name?: unknown }[];
  return [...target.specPath, 'containers', list.findIndex((each) => each?.name === container)];
}

function containerNameAt(spec: OpenedTarget['target']['spec'], index: number): string | undefined {
  const container = (spec['containers'] as readonly { readonly name?: unknown }[] | undefined)?.[index];
  return typeof container?.name === 'string' ? container.name : undefined;
}

function isSuspect(value: object): boolean {
  return JSON.stringify(value).includes('-javaagent:');
}
