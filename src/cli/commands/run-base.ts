import { findBases } from '../../app/base-fleet.ts';
import { moveTag, planRetag, reportBase, type Retag } from '../../app/base-rewrite.ts';
import { prepareRewrite, pushRewrite, type PreparedRewrite, type RewriteOptions } from '../../app/rewrite-reference.ts';
import { ChangeoverError } from '../../core/error.ts';
import { formatReference, parseImageReference } from '../../core/image/reference.ts';
import { defaultPolicy } from '../../core/policy/default-policy.ts';
import { confirm, requireConsent } from '../confirm.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { namespacesOf, type Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatBases, formatRetag } from '../render/base-view.ts';
import { formatRewriteSummary } from '../render/image-rewrite-summary.ts';
import { showProgress } from '../render/progress.ts';
import { withEngine } from '../with-engine.ts';
import { styleFor, writeResult } from '../write-result.ts';
import { newReference, refusedRewrite } from './run-image.ts';

/** `changeover base`: which bases bring the old agent in. `changeover base rewrite REF`: a base with the new agent. */
export function runBase(invocation: Invocation): Promise<ExitCode> {
  const [task, reference, ...more] = invocation.args;
  if (task === undefined) return showBases(invocation);
  if (task === 'rewrite' && reference !== undefined && more.length === 0) return rewriteBase(invocation, reference);
  throw new ChangeoverError('usage', task === 'rewrite' ? 'base rewrite needs one base image' : `base has no task "${task}"`, {
    hint: 'Write it as changeover base rewrite REFERENCE -p policy.yaml, or changeover base alone.',
  });
}

async function showBases(invocation: Invocation): Promise<ExitCode> {
  const namespaces = namespacesOf(invocation.options);
  const placed = await loadPolicy(invocation);
  const policy = placed?.policy ?? defaultPolicy();
  const report = await withEngine(invocation, placed, ({ ports, progress, untilInterrupted }) =>
    untilInterrupted((signal) => findBases(ports, { policy, ...namespaces, layerScan: true, signal, onProgress: (text) => progress.say(text) })),
  );
  await writeResult(invocation, report, (style) => formatBases(report, style));
  return 0;
}

type Ready = PreparedRewrite & { readonly kind: 'ready' };

async function rewriteBase(invocation: Invocation, text: string): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const reference = parseImageReference(text);
  const placed = await loadPolicy(invocation);
  if (!placed) throw new ChangeoverError('usage', 'base rewrite needs a policy', { hint: 'Give one with -p policy.yaml.' });
  if (options.retag === true && reference.digest !== undefined) {
    throw new ChangeoverError('usage', 'a digest has no tag that could be moved', { target: text, hint: 'Name the base image by its tag.' });
  }
  const to = options.to === undefined ? {} : { to: newReference(options.to) };
  const images = await wiring.openImages(placed);
  const progress = showProgress(wiring.stderr);
  try {
    const rewriting: RewriteOptions = { policy: placed.policy, ...to, onProgress: (said) => progress.say(said) };
    const prepared = await abortable(wiring, (signal) => prepareRewrite(images.ports, reference, { ...rewriting, signal }));
    progress.close();
    if (prepared.kind === 'refused') throw refusedRewrite(reference, prepared);
    const retag = options.retag === true ? retagOf(prepared, { ...reference, tag: reference.tag ?? 'latest' }) : undefined;
    const planned = reportBase(prepared.report, retag && { plan: retag, status: 'planned' });
    const summary = [...formatRewriteSummary(prepared.report, styleFor(invocation, 'stderr')), ...formatRetag(planned)];
    if (options.dryRun === true) {
      wiring.stderr.write(`${summary.join('\n')}\ndry run: nothing was pushed\n`);
      await writeResult(invocation, planned, () => [`${planned.rewrite.reference}@${planned.rewrite.digest}`]);
      return 0;
    }
    requireConsent(invocation, 'a registry');
    await confirm(invocation, { summary, action: retag ? 'Push it and move the tag?' : 'Push it?', writesTo: 'a registry' });
    const report = await abortable(wiring, (signal) => pushRewrite(images.ports, prepared, { ...rewriting, signal }));
    if (retag) await abortable(wiring, (signal) => moveTag(images.ports.registry, retag, signal));
    const done = reportBase(report, retag && { plan: retag, status: 'moved' });
    wiring.stderr.write(
      `${report.rewrite?.status === 'existed' ? 'already there' : 'pushed'}${done.retag ? `; ${done.retag.reference} points to it now` : ''}\n`,
    );
    await writeResult(invocation, done, () => [`${done.rewrite.reference}@${done.rewrite.digest}`]);
    return 0;
  } finally {
    progress.close();
    await images.close();
  }
}

function retagOf({ report, change }: Ready, reference: Retag['reference']): Retag {
  const { repository } = change.target.reference;
  if (repository.registry !== reference.repository.registry || repository.path !== reference.repository.path) {
    throw new ChangeoverError('usage', `the new image goes to another repository, where the tag cannot point to it`, {
      target: formatReference(change.target.reference),
      hint: 'Leave --retag out, or choose spec.image.to or --to in the repository of the base image.',
    });
  }
  return planRetag(reference, report.digest, change.target.root.digest);
}
