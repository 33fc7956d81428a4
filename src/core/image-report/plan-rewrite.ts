import { formatReference, type ImageReference } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';
import type { Finding } from '../finding.ts';
import { blockingFindings, type Allowance } from '../plan/allowed.ts';
import { chooseDelivery } from '../plan/choose-delivery.ts';
import type { RefusedDelivery } from '../plan/plan.ts';
import type { ChangeContext, PlannedChange } from '../plan/plan-change.ts';
import { redactValue } from '../redact.ts';
import type { AgentReport, RewriteReport } from './image-report.ts';
import { imageSubject } from './image-subject.ts';

export type RewritePlan = { readonly kind: 'planned'; readonly change: PlannedChange; readonly report: Omit<RewriteReport, 'status'> } | RefusedRewrite;

export interface RefusedRewrite {
  readonly kind: 'refused';
  /** By mode of delivery, where it was a mode's condition that failed. */
  readonly refused: readonly RefusedDelivery[];
  readonly findings: readonly Finding[];
  /** Whether the policy can allow the findings. */
  readonly allowable: boolean;
}

export interface RewriteContext extends ChangeContext {
  /** The reference of the new image; left out = `image.to` of the policy, filled with `named`. */
  readonly to?: ImageReference & { readonly tag: string };
  /** The image as it was asked for. */
  readonly named?: ImageReference;
  readonly allowance: Allowance;
}

/** Of the pods, not of the image: where they are told, the plan says it again. */
const ofPods = new Set(['ghost-env', 'service-name-unknown', 'coupled-flag']);

/**
 * Plans the rewriting of one image under a name of the caller's: the same as a plan makes of it for a workload that adds
 * nothing to the image, so that the digest is the same too. Refused with every condition that failed. Pure.
 */
export function planRewrite(source: SourceImage, context: RewriteContext): RewritePlan {
  const { policy, to, named, allowance } = context;
  const image = imageSubject(source, policy.from.agent, named);
  if (image.kind === 'refused') return { kind: 'refused', refused: [], findings: [image.finding], allowable: false };
  const { change, refused } = chooseDelivery(
    image.subject,
    to ? { ...context, policy: { ...policy, image: { ...policy.image, to: formatReference(to) } } } : context,
  );
  if (!change) return { kind: 'refused', refused, findings: refused.map((each) => each.finding), allowable: false };
  const findings = [...image.findings, ...change.findings.filter((each) => !ofPods.has(each.id))];
  const blocking = blockingFindings(findings, { namespace: '', name: '' }, allowance);
  if (blocking.length > 0) return { kind: 'refused', refused: [], findings: blocking, allowable: true };
  return { kind: 'planned', change, report: reportChange(change, { agent: image.agent, refused, findings, context }) };
}

interface ReportedChange {
  /** The old one. */
  readonly agent: AgentReport;
  readonly refused: readonly RefusedDelivery[];
  readonly findings: readonly Finding[];
  readonly context: RewriteContext;
}

function reportChange(change: PlannedChange, { agent, refused, findings, context }: ReportedChange): Omit<RewriteReport, 'status'> {
  const { target, delivery, edits } = change;
  const { entrypoint, cmd, changes, removes, stays } = delivery;
  const masked = (words: readonly string[]): readonly string[] => words.map((word) => redactValue('', word));
  const added = edits.flatMap((edit) => (edit.kind === 'env' && edit.before === null && edit.after ? [[edit.name, edit.after.value ?? ''] as const] : []));
  // The stock agent.config names a service, too.
  const defaults = new Set(Object.values(agent.settings).flatMap((setting) => (setting.isDefault ? [setting.value] : [])));
  const podEnv = added.filter(([, value]) => !defaults.has(value));
  const mask = (pairs: readonly (readonly [string, string])[]): { readonly [name: string]: string } =>
    Object.fromEntries(pairs.map(([name, value]) => [name, redactValue(name, value)]));
  return {
    reference: formatReference(target.reference),
    digest: target.root.digest,
    delivery: change.mode,
    refused,
    agent: context.policy.to.agent,
    version: context.agentVersion,
    env: mask(Object.entries(change.env)),
    ...(entrypoint ? { entrypoint: masked(entrypoint) } : {}),
    ...(cmd ? { cmd: masked(cmd) } : {}),
    removes,
    stays,
    edited: changes.flatMap((each) => (each.kind === 'file' ? [each.path] : [])),
    podEnv: mask(podEnv),
    findings,
  };
}
