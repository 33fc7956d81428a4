import { finishRun, planFinish, type FinishPlan } from '../../app/finish-run.ts';
import { readReport } from '../../app/read-report.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import { confirm, requireConsent } from '../confirm.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, runOf, type Invocation } from '../invocation.ts';
import { count } from '../render/messages/say.ts';
import { printable } from '../render/printable.ts';
import { formatReport } from '../render/report-view.ts';
import { writeResult } from '../write-result.ts';

/** `changeover finish [W…]`: ends the way back of a run, after saying what becomes irreversible; 3 where a marker was changed by hand and stays. */
export async function runFinish(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options, args } = invocation;
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const request = { ...runOf(options), targets: args, by: wiring.user };
    const plan = await abortable(wiring, (signal) => planFinish({ cluster }, { ...request, signal }));
    const summary = whatEnds(plan);
    if (!plan.run.finalized) {
      wiring.stderr.write(options.yes === true ? `${summary.join('\n')}\n` : '');
      requireConsent(invocation);
      await confirm(invocation, { summary, action: 'End the way back?' });
    }
    const policy = parsePolicy(plan.run.policy, { file: `run ${plan.run.name}`, position: () => undefined });
    const engine = await wiring.openEngine(cluster, { policy, directory: plan.run.policyDirectory });
    try {
      const ended = await abortable(wiring, (signal) => finishRun({ ...engine.ports, cluster }, { ...request, run: plan.run.name, signal }));
      const report = await abortable(wiring, (signal) => readReport(cluster, { stateNamespace: options.stateNamespace, run: plan.run.name }, signal));
      if (ended.byHand.length > 0)
        wiring.stderr.write(`their marker was changed by hand, look at it and take it off: ${ended.byHand.map(printable).join(', ')}\n`);
      await writeResult(invocation, report, (style) => [
        plan.run.finalized
          ? 'Nothing to do: the way back of this run has ended.'
          : `The way back has ended; annotations taken off ${count(ended.released.length, 'workload')}.`,
        '',
        ...formatReport(report, { ...style, byOwner: false }),
      ]);
      return ended.byHand.length > 0 ? 3 : 0;
    } finally {
      await engine.close();
    }
  } finally {
    await cluster.close();
  }
}

function whatEnds({ run, returnable, whole }: FinishPlan): readonly string[] {
  return [
    `Finish run ${printable(run.name)}${whole ? '' : ' for the workloads named'}: this cannot be undone.`,
    `  ends:   ${count(returnable.length, 'workload')} can no longer be put back by \`rollback\` or \`undo --print\`: the exact way back stands in their annotations, and those go`,
    '  stays:  what the run changed; no pod restarts. Keep the old images as long as you may want to deploy them again',
    '  stays:  changeover.dev/intent on pod templates, as taking it off would restart every pod; it means nothing afterwards',
    '  stays:  the records, as history and for `drift`',
  ];
}
