import { readUndo } from '../../app/undo-steps.ts';
import { ChangeoverError } from '../../core/error.ts';
import { formatUndoScript } from '../../core/undo/undo-script.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, runOf, type Invocation } from '../invocation.ts';
import { count } from '../render/messages/say.ts';

/** `changeover undo --print [W…]`: the script that puts a run back without Changeover. 3 when a workload needs a person, as no command can be right for it. */
export async function runUndo({ wiring, options, args }: Invocation): Promise<ExitCode> {
  checkUsage({ wiring, options, args });
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    const undo = await abortable(wiring, (signal) => readUndo({ cluster, clock: wiring.clock }, { ...runOf(options), targets: args, signal }));
    const script = formatUndoScript(undo);
    const commands = undo.steps.filter((step) => step.kind === 'restore' || step.kind === 'release').length;
    const byHand = undo.steps.filter((step) => step.kind === 'by-hand').map((step) => step.id);
    if (options.out === undefined) wiring.stdout.write(script);
    else await wiring.writeTextFile(options.out, script, { secret: true });
    if (options.out !== undefined)
      wiring.stderr.write(
        `script that puts ${count(commands, 'workload')} back written to ${options.out}; nothing was changed\nrun it with: sh ${options.out}\n`,
      );
    if (byHand.length > 0) wiring.stderr.write(`no command puts these back, a person must look (the script says what was there): ${byHand.join(', ')}\n`);
    return byHand.length > 0 ? 3 : 0;
  } finally {
    await cluster.close();
  }
}

function checkUsage({ options }: Invocation): void {
  if (options.print !== true && options.out === undefined) {
    const hint = 'Add --print for the script, or put workloads back with `changeover rollback`.';
    throw new ChangeoverError('usage', 'undo changes nothing itself: it prints a script', { hint });
  }
  if (options.output !== 'table') throw new ChangeoverError('usage', `a shell script cannot be printed as ${options.output}`, { hint: 'Leave -o out.' });
}
