import type { Finding } from '../finding.ts';
import { formatReference, parseImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import { planRewrite } from '../image-report/plan-rewrite.ts';
import { blockingFindings, type Allowance } from '../plan/allowed.ts';
import { askDelivery, type DeliveryMode } from '../plan/delivery.ts';
import type { Inspection } from '../plan/inspect-workload.ts';
import { planChange, type ChangeContext, type ChangeSubject } from '../plan/plan-change.ts';
import { codeFindings } from '../plan/plan-workload.ts';
import { removeOldOptions } from '../plan/remove-options.ts';
import type { Edit } from '../workload/edit.ts';
import type { Container } from '../workload/workload.ts';
import { freeToolOptions, removeToolOptions } from './free-tool-options.ts';
import { planOptions } from './plan-options.ts';

export interface ConvertContext {
  readonly policy: ChangeContext['policy'];
  /** Undefined where no image is rewritten: without a registry. */
  readonly change?: ChangeContext;
  readonly allowance: Allowance;
}

/** What becomes of one pod template. */
export interface ConvertedTarget {
  readonly container: Container;
  /** Empty = it stays as it is, and the findings say why. */
  readonly edits: readonly Edit[];
  readonly findings: readonly Finding[];
  readonly image?: NewImage;
}

/** An image that the manifest names now, and that somebody has to push first. */
export interface NewImage {
  readonly source: string;
  /** As the manifest names it, and the part that `image rewrite --to` takes. */
  readonly reference: string;
  readonly tagged: string;
  readonly mode: DeliveryMode;
  /** Whether `image rewrite` makes exactly this image; else only a plan for a running workload does. */
  readonly byRewrite: boolean;
}

/** Of changes whose image and options have different owners, and are made at different times. */
const ofTwoOwners = new Set(['ghost-env', 'coupled-flag']);

/**
 * Converts the business container of an inspected template, or says why not. A manifest's owner holds image and options at
 * once, so `auto` takes the clean end state: `image`. Pure.
 */
export function convertTarget(inspection: Inspection, context: ConvertContext): ConvertedTarget | undefined {
  const { business } = inspection;
  if (!business) return undefined;
  const { container, image } = business;
  const subject = { workload: inspection.workload, container, configMaps: inspection.configMaps };
  const source = image.kind === 'read' ? image.image : undefined;
  const made: Made =
    context.change && source
      ? rewrite({ ...subject, source }, context.change, context.allowance)
      : planOptions({ ...subject, ...(source ? { source } : {}) }, context.policy);
  const findings = [...inspection.findings, ...made.findings, ...(source && context.change ? codeFindings(source) : [])].filter(
    (each) => !ofTwoOwners.has(each.id),
  );
  const blocking = blockingFindings(findings, inspection.workload, context.allowance);
  if (blocking.length > 0) return { container, edits: [], findings };
  return { container, edits: made.edits, findings, ...(made.image ? { image: made.image } : {}) };
}

interface Made {
  readonly edits: readonly Edit[];
  readonly findings: readonly Finding[];
  readonly image?: NewImage;
}

function rewrite(subject: ChangeSubject, context: ChangeContext, allowance: Allowance): Made {
  const mode: DeliveryMode = context.policy.delivery === 'takeover' ? 'takeover' : 'image';
  const freed = mode === 'image' ? freeToolOptions(subject.container, removalOf(subject, context)) : undefined;
  const change = planChange(freed ? { ...subject, container: freed } : subject, context, mode);
  if (change.kind === 'refused') return { edits: [], findings: [change.finding] };
  const edits = freed ? removeToolOptions(subject.container, change.edits) : change.edits;
  const { reference, root } = change.target;
  const policy = { ...context.policy, delivery: mode };
  const alone = planRewrite(subject.source, { ...context, policy, to: { repository: reference.repository, tag: reference.tag }, allowance });
  const byRewrite = alone.kind === 'planned' && alone.change.target.root.digest === root.digest;
  const tagged = formatReference({ repository: reference.repository, tag: reference.tag });
  return { edits, findings: change.findings, image: { source: sourceName(subject), reference: change.reference, tagged, mode, byRewrite } };
}

/** What taking out the old agent's options does to the pod; nothing where the container does not carry it. */
function removalOf(subject: ChangeSubject, { policy, files }: ChangeContext): readonly Edit[] {
  const asked = askDelivery({ ...subject, facts: subject.source.platforms[0].facts, policy, files });
  return asked.kind === 'question' ? removeOldOptions(asked.question).podEdits : [];
}

/** The image by its digest: a tag may move before somebody rewrites it. */
function sourceName({ container, source }: { readonly container: Container; readonly source: SourceImage }): string {
  const { repository, tag } = parseImageReference(container.image);
  return formatReference({ repository, ...(tag === undefined ? {} : { tag }), digest: source.digest });
}
