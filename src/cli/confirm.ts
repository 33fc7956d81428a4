import { ChangeoverError } from '../core/error.ts';
import type { Invocation } from './invocation.ts';

export interface Question {
  readonly summary: readonly string[];
  readonly action: string;
  readonly writesTo?: 'the cluster' | 'a registry';
}

/**
 * Asks before the first write; returns only after a yes. With `--yes` nothing is asked. Without a terminal to ask on:
 * `usage`. Any answer but `yes`: `aborted`.
 */
export async function confirm({ wiring, options }: Invocation, question: Question): Promise<void> {
  if (options.yes === true) return;
  requireConsent({ wiring, options }, question.writesTo);
  wiring.stderr.write(`${question.summary.join('\n')}\n\n`);
  const answer = await wiring.ask(`${question.action} Type yes to go on: `);
  if (answer.trim().toLowerCase() !== 'yes') throw new ChangeoverError('aborted', 'nothing was changed: the answer was not yes');
}

/** Refuses early what could never be confirmed: no terminal and no `--yes`. */
export function requireConsent({ wiring, options }: Pick<Invocation, 'wiring' | 'options'>, writesTo: Question['writesTo'] = 'the cluster'): void {
  if (options.yes === true || (wiring.stdinIsTTY && wiring.stderr.isTTY)) return;
  throw new ChangeoverError('usage', `this command writes to ${writesTo}, and there is no terminal to confirm it on`, {
    hint: 'Add --yes when you mean it.',
  });
}
