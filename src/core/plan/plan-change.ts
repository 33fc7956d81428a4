import { assertNever } from '../error.ts';
import type { Finding } from '../finding.ts';
import { buildAgentLayer } from '../image/agent-layer.ts';
import type { BuiltLayer } from '../image/built-layer.ts';
import { formatReference, parseImageReference } from '../image/reference.ts';
import { baseLayers, keptChildren, type PlatformImage, type SourceImage } from '../image/source-image.ts';
import { jsonEqual } from '../json.ts';
import type { Policy } from '../policy/policy.ts';
import type { Edit } from '../workload/edit.ts';
import { composeOnce } from './compose-once.ts';
import type { PlatformEdits, TargetImage } from './compose-target.ts';
import { askDelivery, refuse, type DeliveryMode, type DeliverySubject, type PolicyFiles, type PossibleDelivery, type Refusal } from './delivery.ts';
import { planImageRewrite } from './image-rewrite.ts';
import { joinEdits } from './join-edits.ts';
import { mountOver } from './old-place.ts';
import { planSettings } from './plan-settings.ts';
import { planTakeover } from './takeover.ts';
import { textChanges, tuneOptions, type TunedOptions } from './tune-options.ts';

/** A container with the image its pods run. */
export interface ChangeSubject extends Omit<DeliverySubject, 'facts' | 'policy' | 'files'> {
  readonly source: SourceImage;
}

/** What is the same for every workload of a plan. */
export interface ChangeContext {
  readonly policy: Policy;
  readonly agentLayer: BuiltLayer;
  readonly agentVersion: string;
  /** Digest of the bridge's jar in the agent layer; left out = it holds none. */
  readonly bridge?: string;
  readonly files: PolicyFiles;
}

/** The whole change of one workload: the image to push and what goes into the pod template, with exact values. */
export interface PlannedChange {
  readonly kind: 'planned';
  readonly mode: DeliveryMode;
  readonly target: TargetImage;
  /** What goes into the pod template. */
  readonly reference: string;
  /** How the first platform is changed. */
  readonly delivery: PossibleDelivery;
  /** Variables of the image. */
  readonly env: { readonly [name: string]: string };
  readonly edits: readonly Edit[];
  readonly findings: readonly Finding[];
}

/**
 * Plans a change by one mode of delivery: asks it for every platform of the image, composes the new image, and gathers the
 * edits. Plan and apply both call it: same workload, image, ConfigMaps and policy, same bytes. Pure.
 */
export function planChange(subject: ChangeSubject, context: ChangeContext, mode: DeliveryMode): PlannedChange | Refusal {
  const platforms: PlatformChange[] = [];
  for (const platform of subject.source.platforms) {
    const made = planPlatform(subject, context, { platform, mode });
    if (made.kind === 'refused') return made;
    platforms.push(made);
  }
  const [first, ...others] = platforms;
  if (!first) throw new Error('a source without platforms');
  if (others.some((each) => !jsonEqual(each.podEdits, first.podEdits))) return refuse('platforms-differ', {});
  const { policy } = context;
  const image = { ...parseImageReference(subject.container.image), digest: subject.source.digest };
  const files = mode === 'image' ? filesLayer(context) : undefined;
  const common = { agent: policy.to.agent, version: context.agentVersion, agentLayer: context.agentLayer, ...(files ? { filesLayer: files } : {}) };
  const composed = composeOnce(subject.source, { ...common, ...first.edits, others: others.map((each) => each.edits) }, { template: policy.image.to, image });
  if (composed.kind === 'refused') return composed;
  const reference = targetText(composed.target, policy);
  const imageEdit: Edit = { kind: 'image', container: subject.container.name, before: subject.container.image, after: reference };
  const { delivery, edits, podEdits } = first;
  const findings = [...first.findings, ...tellCopied(subject.source, composed.target)];
  return { kind: 'planned', mode, target: composed.target, reference, delivery, env: edits.env, edits: [imageEdit, ...podEdits], findings };
}

/** To another registry the old layers go through this process, as far as it does not have them. */
function tellCopied(source: SourceImage, { reference, root }: TargetImage): readonly Finding[] {
  if (reference.repository.registry === source.repository.registry) return [];
  const layers = baseLayers(source);
  const bytes = layers.reduce((sum, layer) => sum + layer.size, 0);
  const others = keptChildren(source, root).length;
  const { registry } = reference.repository;
  return [{ id: 'base-layers-copied', severity: 'info', params: { registry, layers: layers.length, bytes, ...(others === 0 ? {} : { others }) } }];
}

interface PlatformChange {
  readonly kind: 'possible';
  readonly delivery: PossibleDelivery;
  readonly edits: PlatformEdits;
  readonly podEdits: readonly Edit[];
  readonly findings: readonly Finding[];
}

function planPlatform(
  subject: ChangeSubject,
  context: ChangeContext,
  { platform, mode }: { readonly platform: PlatformImage; readonly mode: DeliveryMode },
): PlatformChange | Refusal {
  const { workload, container, configMaps } = subject;
  const original = { workload, container, configMaps, facts: platform.facts, policy: context.policy, files: context.files };
  const tuned = tuneOptions(original);
  const asked = askDelivery({ ...original, container: tuned.container, facts: tuned.facts });
  if (asked.kind === 'refused') return asked;
  const { question } = asked;
  const answer = mode === 'takeover' ? planTakeover(question) : planImageRewrite(question);
  if (answer.kind === 'refused') return answer;
  const covered = mountOver(question, [...tuned.made.texts.keys()]);
  if (covered) return refuse('mounted-over', covered);
  const delivery = withTuned(answer, tuned, container);
  const settings = planSettings(question, question.reading, { found: question.old[0], mode, version: context.agentVersion });
  const { changes, entrypoint, cmd } = delivery;
  const edits = { changes, env: { ...settings.env, ...delivery.imageEnv }, ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}) };
  return {
    kind: 'possible',
    delivery,
    edits,
    podEdits: [...delivery.podEdits, ...settings.podEdits],
    findings: [...tuned.findings, ...settings.findings, ...delivery.findings, ...droppedEnv(platform, edits.env)],
  };
}

/** A delivery that was planned for tuned options, seen from what is there. */
function withTuned(answer: PossibleDelivery, { made, facts }: TunedOptions, container: ChangeSubject['container']): PossibleDelivery {
  const edited = new Set(answer.changes.flatMap((change) => (change.kind === 'file' ? [change.path] : [])));
  return {
    ...(made.entrypoint ? { entrypoint: made.entrypoint } : {}),
    ...(made.cmd ? { cmd: made.cmd } : {}),
    ...answer,
    changes: [...answer.changes, ...textChanges(facts, made.texts).filter((change) => !edited.has(change.path))],
    imageEnv: { ...made.imageEnv, ...answer.imageEnv },
    podEdits: joinEdits(container, made.podEdits, answer.podEdits),
  };
}

/** Variables that an image of ours brings and the new one would not: an earlier policy's settings that this one does not repeat. */
function droppedEnv({ facts }: PlatformImage, env: PlatformEdits['env']): readonly Finding[] {
  const kept = new Set([...facts.config.env.map(([name]) => name), ...Object.keys(env), 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS']);
  const names = (facts.ours?.env ?? []).map(([name]) => name).filter((name) => !kept.has(name));
  return names.length === 0 ? [] : [{ id: 'settings-not-repeated', severity: 'warn', params: { names } }];
}

/** The policy's own files, a layer of their own so that the agent's stays the same for everybody. */
function filesLayer({ files, policy }: ChangeContext): BuiltLayer | undefined {
  const entries = Object.entries(files).map(([name, bytes]) => ({ path: `files/${name}`, bytes }));
  return entries.length === 0 ? undefined : buildAgentLayer(entries, policy.to.home);
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
    default:
      return assertNever(policy.image.reference);
  }
}
