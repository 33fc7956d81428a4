import { inspectImage } from '../../app/inspect-image.ts';
import { prepareRewrite, pushRewrite, type RewriteOptions } from '../../app/rewrite-reference.ts';
import { ChangeoverError } from '../../core/error.ts';
import type { ImageReport, RewriteReport } from '../../core/image-report/image-report.ts';
import type { RefusedRewrite } from '../../core/image-report/plan-rewrite.ts';
import { formatReference, parseImageReference, type ImageReference } from '../../core/image/reference.ts';
import { defaultPolicy } from '../../core/policy/default-policy.ts';
import { quote } from '../../core/shell-quote.ts';
import { confirm } from '../confirm.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import type { Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatRewriteSummary } from '../render/image-rewrite-summary.ts';
import { formatImage } from '../render/image-view.ts';
import { findingText } from '../render/messages/finding-text.ts';
import { showProgress } from '../render/progress.ts';
import { styleFor, writeResult } from '../write-result.ts';

/** `changeover image inspect REF`: what an image is. Needs no cluster, reads only. */
export async function runImageInspect(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options, args } = invocation;
  const reference = parseImageReference(args[0] ?? '');
  const placed = await loadPolicy(invocation);
  const images = await wiring.openImages(placed);
  const progress = showProgress(wiring.stderr);
  try {
    progress.say(`Reading ${formatReference(reference)}`);
    const policy = placed?.policy ?? defaultPolicy();
    const layerScan = options.layerScan !== false;
    const report = await abortable(wiring, (signal) => inspectImage(images.ports, reference, { policy, layerScan, signal }));
    progress.close();
    await writeResult(invocation, report, (style) => formatImage(report, style));
    return 0;
  } finally {
    progress.close();
    await images.close();
  }
}

/** `changeover image rewrite REF --to REF -p policy.yaml`: standard output carries the new image's reference with its digest. */
export async function runImageRewrite(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options, args } = invocation;
  const reference = parseImageReference(args[0] ?? '');
  const to = newReference(options.to);
  const placed = await loadPolicy(invocation);
  if (!placed) throw new ChangeoverError('usage', 'image rewrite needs a policy', { hint: 'Give one with -p policy.yaml.' });
  const images = await wiring.openImages(placed);
  const progress = showProgress(wiring.stderr);
  try {
    const rewriting: RewriteOptions = { policy: placed.policy, to, onProgress: (text) => progress.say(text) };
    const prepared = await abortable(wiring, (signal) => prepareRewrite(images.ports, reference, { ...rewriting, signal }));
    progress.close();
    if (prepared.kind === 'refused') throw refusedRewrite(reference, prepared);
    if ((prepared.isThere && placed.policy.image.sign === undefined) || options.dryRun === true) return await finish(invocation, prepared.report);
    await confirm(invocation, { summary: formatRewriteSummary(prepared.report, styleFor(invocation, 'stderr')), action: 'Push it?', writesTo: 'a registry' });
    progress.say(`Pushing ${formatReference(to)}`);
    const report = await abortable(wiring, (signal) => pushRewrite(images.ports, prepared, { ...rewriting, signal }));
    progress.close();
    return await finish(invocation, report);
  } finally {
    progress.close();
    await images.close();
  }
}

async function finish(invocation: Invocation, report: ImageReport): Promise<ExitCode> {
  const { rewrite } = report;
  if (!rewrite) throw new Error('a rewrite without its report');
  const { stderr } = invocation.wiring;
  const summary = formatRewriteSummary(report, styleFor(invocation, 'stderr'));
  if (rewrite.status === 'planned') stderr.write(`${summary.join('\n')}\n`);
  stderr.write(`${ends[rewrite.status]}\n`);
  await writeResult(invocation, report, () => [`${rewrite.reference}@${rewrite.digest}`]);
  return 0;
}

const ends = {
  planned: 'dry run: nothing was pushed',
  pushed: 'pushed',
  existed: 'already there: nothing was pushed',
} as const satisfies Record<RewriteReport['status'], string>;

/** The name of a new image, from `--to`. Throws `usage`. */
export function newReference(text: string | undefined): NonNullable<RewriteOptions['to']> {
  if (text === undefined) throw new ChangeoverError('usage', 'image rewrite needs a name for the new image', { hint: 'Give one with --to REPOSITORY:TAG.' });
  const { repository, tag, digest } = parseImageReference(text);
  if (tag !== undefined && digest === undefined) return { repository, tag };
  throw new ChangeoverError('usage', digest === undefined ? 'the new image has no tag' : 'the digest of the new image is not yours to choose', {
    target: `--to ${text}`,
    hint: 'Write it as --to REPOSITORY:TAG.',
  });
}

/** Why an image is not rewritten, as an error. */
export function refusedRewrite(reference: ImageReference, { refused: modes, findings, allowable }: RefusedRewrite): ChangeoverError {
  const reasons = modes.length > 0 ? modes.map((each) => `${each.mode}: ${findingText(each.finding)}`) : findings.map(findingText);
  const target = formatReference(reference);
  return new ChangeoverError('refused', `the image is not rewritten: ${reasons.join('; ')}`, {
    target,
    hint: allowable
      ? `Mend it, or accept it in the policy: allow: [{id: ${findings[0]?.id}, reason: …}].`
      : `See what is in it: changeover image inspect ${quote(target)}`,
  });
}
