import { ChangeoverError } from '../core/error.ts';
import { redact } from '../core/redact.ts';
import { painter, wantsColor, type Paint } from './render/paint.ts';
import { printable } from './render/printable.ts';
import type { Wiring } from './wiring.ts';

const MAX_CAUSES = 5;

/** Writes what went wrong, where and how to mend it to standard error; with `verbose` also what caused it. */
export function reportError(
  wiring: Pick<Wiring, 'stderr' | 'env' | 'version'>,
  error: unknown,
  options: { readonly color: boolean; readonly verbose: boolean },
): void {
  const paint = painter(wantsColor(wiring.stderr, options.color, wiring.env));
  const lines = error instanceof ChangeoverError ? explain(error, paint, options.verbose) : confess(error, paint, wiring.version);
  wiring.stderr.write(`${lines.join('\n')}\n`);
}

function explain(error: ChangeoverError, paint: Paint, verbose: boolean): readonly string[] {
  return [
    `${paint('bad', 'error:')} ${safe(error.message)}`,
    ...(error.target === undefined ? [] : [`${paint('quiet', 'where:')} ${safe(error.target)}`]),
    ...(error.hint === undefined ? [] : [`${paint('good', 'fix:')} ${safe(error.hint)}`]),
    ...(verbose ? causes(error).map((cause) => `${paint('quiet', 'cause:')} ${cause}`) : []),
  ];
}

function confess(error: unknown, paint: Paint, version: string): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `${paint('bad', 'error:')} ${safe(error instanceof Error ? error.message : String(error))}`,
    `${paint('quiet', 'where:')} inside Changeover ${version}: this is a bug of ours, not a mistake of yours`,
    `${paint('good', 'fix:')} Please report it with the command and the lines below. If a run was going on, \`changeover status\` shows it and a rerun resumes it.`,
    safe(stack),
    ...causes(error).map((cause) => `${paint('quiet', 'cause:')} ${cause}`),
  ];
}

function causes(error: unknown): readonly string[] {
  const found: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && found.length < MAX_CAUSES) {
    found.push(safe(cause instanceof Error ? `${cause.name}: ${cause.message}` : 'unknown'));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return found;
}

/** Foreign parts of a message may hold secrets or escape sequences; its line breaks stay. */
function safe(text: string): string {
  return text
    .split('\n')
    .map((line) => redact(line.slice(0, line.search(/\S|$/)) + printable(line.trimStart())))
    .join('\n');
}
