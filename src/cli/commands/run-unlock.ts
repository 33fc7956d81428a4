import { unlockRun } from '../../app/unlock-run.ts';
import { ChangeoverError } from '../../core/error.ts';
import { confirm, requireConsent } from '../confirm.ts';
import type { ExitCode } from '../exit-code.ts';
import { abortable } from '../interrupts.ts';
import { connectionOf, type Invocation } from '../invocation.ts';
import { printable } from '../render/printable.ts';

/** `changeover unlock RUN --reason …`: takes a run from an instance that is dead. */
export async function runUnlock(invocation: Invocation): Promise<ExitCode> {
  const { wiring, options, args } = invocation;
  const { stateNamespace, reason = '' } = options;
  const run = args[0] ?? '';
  if (reason.trim() === '')
    throw new ChangeoverError('usage', 'unlock needs --reason: it is kept with the run', { hint: 'Say why, for example --reason "laptop lost".' });
  requireConsent(invocation);
  const cluster = await wiring.openCluster(connectionOf(options));
  try {
    if (options.yes !== true)
      await confirm(invocation, { summary: [`Run ${printable(run)}`, '  unlock: take it from an instance that is dead'], action: 'Do it?' });
    const onWait = (holder: { readonly identity: string }): void =>
      wiring.stderr.write(`run ${printable(run)} is held by ${printable(holder.identity)}: watching for 15 s whether it still lives\n`);
    const holder = await abortable(wiring, (signal) =>
      unlockRun({ cluster, clock: wiring.clock }, { stateNamespace, run, by: wiring.user, reason, signal, onWait }),
    );
    wiring.stderr.write(
      holder
        ? `unlocked: run ${printable(run)} was held by ${printable(holder.identity)} since ${printable(holder.since)}; \`changeover apply\` resumes it, \`changeover abort --run ${printable(run)}\` ends it\n`
        : `nothing to unlock: nobody holds run ${printable(run)}\n`,
    );
    return 0;
  } finally {
    await cluster.close();
  }
}
