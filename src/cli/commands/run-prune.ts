import { planPrune, prune } from '../../app/prune-images.ts';
import { ChangeoverError } from '../../core/error.ts';
import { confirm, requireConsent } from '../confirm.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { loadPolicy } from '../load-policy.ts';
import { formatPrune } from '../render/image-prune-view.ts';
import { count } from '../render/messages/say.ts';
import { withEngine } from '../with-engine.ts';
import { styleFor, writeResult } from '../write-result.ts';

/** `changeover image prune`: lists results that nothing needs, asks, and deletes them; 3 when some could not be deleted or looked for. */
export async function runImagePrune(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options } = invocation;
  const placed = await loadPolicy(invocation);
  if (!placed) throw new ChangeoverError('usage', 'image prune needs the policy that the images were made by', { hint: 'Give it with -p policy.yaml.' });
  const { policy } = placed;
  const verbose = options.verbose === true;
  return withEngine(invocation, placed, async ({ cluster, ports: { registry }, progress, untilInterrupted }) => {
    const plan = await untilInterrupted((signal) => planPrune({ cluster, registry }, { policy, signal, onProgress: (text) => progress.say(text) }));
    progress.close();
    const unneeded = plan.report.items.filter((each) => each.status === 'unneeded').length;
    const show = (report: typeof plan.report): Promise<void> => writeResult(invocation, report, (style) => formatPrune(report, { ...style, verbose }));
    if (unneeded === 0 || options.dryRun === true) {
      await show(plan.report);
      return plan.report.unread.length === 0 ? 0 : 3;
    }
    if (options.yes !== true && !(wiring.stdinIsTTY && wiring.stderr.isTTY)) {
      await show(plan.report);
      requireConsent(invocation, 'a registry');
    }
    const summary = formatPrune(plan.report, { ...styleFor(invocation, 'stderr'), verbose });
    await confirm(invocation, { summary, action: `Delete ${count(unneeded, 'image')}?`, writesTo: 'a registry' });
    const report = await untilInterrupted((signal) => prune(registry, plan, { policy, signal }));
    await show(report);
    return report.unread.length > 0 || report.items.some((each) => each.status === 'failed') ? 3 : 0;
  });
}
