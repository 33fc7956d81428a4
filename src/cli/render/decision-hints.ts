import { stripVTControlCharacters } from 'node:util';
import { assertNever } from '../../core/error.ts';
import type { Decision } from '../../core/rollout/run-record.ts';
import type { RunStatus, WorkloadStatus } from '../../core/rollout/run-status.ts';
import type { WorkloadState } from '../../core/rollout/workload-state.ts';
import { displayWidth, wrap } from './display-width.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

const MAX_NAMED = 5;

/** The choices a halted or paused run leaves, each with its exact command line and what it reaches. */
export function decisionHints(status: RunStatus, options: { readonly paint: Paint; readonly width: number; readonly flags: string }): readonly string[] {
  const { paint, width, flags } = options;
  const open = status.workloads.filter((each) => status.halt?.workloads.includes(each.id) === true && (atGate(status) || !each.acknowledged));
  const choices = [
    choice(status, { kind: 'retry', targets: idsIn(open, ['ROLLED_BACK', 'INCONCLUSIVE']) }),
    choice(status, { kind: 'exclude', targets: status.phase === 'HALTED' && !atGate(status) ? open.map((each) => each.id) : [] }),
    choice(status, { kind: 'rollback', targets: idsIn(open, atGate(status) ? ['SUCCEEDED'] : ['INCONCLUSIVE', 'RB_FAILED', 'REGRESSED']) }),
    { command: 'continue', effect: decisionEffect(status, { kind: 'continue', targets: [] }) },
    ...(status.workloads.some((each) => each.state === 'SUCCEEDED')
      ? [{ command: 'rollback --all', effect: decisionEffect(status, { kind: 'rollback', targets: [] }) }]
      : []),
    { command: 'abort', effect: decisionEffect(status, { kind: 'abort', targets: [] }) },
  ].filter((each) => each !== undefined);
  const rows = choices.map(({ command, effect }) => ({ line: `changeover ${command}${flags}`, effect }));
  const table = formatTable(
    [{}, {}],
    rows.map(({ line, effect }) => [{ text: line, tone: 'accent' as const }, effect]),
    { paint, width: Infinity, indent: 2 },
  );
  const fits = table.every((line) => displayWidth(stripVTControlCharacters(line)) <= width);
  const stacked = rows.flatMap(({ line, effect }) => [`  ${paint('accent', line)}`, ...wrap(effect, width - 6).map((text) => `      ${text}`)]);
  return [paint('strong', 'Your decision:'), ...(fits ? table : stacked)];
}

export interface Proposal {
  readonly kind: Decision['kind'];
  /** Workload ids; empty = the whole run. */
  readonly targets: readonly string[];
  readonly rollbackInFlight?: boolean;
}

/** What a decision would reach, in one sentence without a full stop. */
export function decisionEffect(status: RunStatus, { kind, targets, rollbackInFlight }: Proposal): string {
  const waiting = status.workloads.filter((each) => each.state === 'PLANNED').length;
  const migrated = status.workloads.filter((each) => each.state === 'SUCCEEDED').length;
  const inFlight = status.workloads.filter((each) => each.outcome === undefined).length;
  const these = targets.length === 0 ? 'nothing' : nameAll(targets);
  switch (kind) {
    case 'pause':
      return `start none of the ${count(waiting, 'waiting workload')}; finish what is in flight`;
    case 'continue':
      return atGate(status) || (status.phase === 'RUNNING' && status.holding)
        ? `let the held batch start as it is and go on with the ${count(waiting, 'waiting workload')}`
        : `leave things as they are and go on with the ${count(waiting, 'waiting workload')}`;
    case 'retry':
      return `try ${these} again, then go on with the ${count(waiting, 'waiting workload')}`;
    case 'unlock':
      return 'take the run from an instance that is dead';
    case 'exclude':
      return `leave ${these} out of this run; then \`changeover continue\` goes on with the rest`;
    case 'rollback':
      return `put ${targets.length === 0 ? `back every workload that was changed (${migrated + inFlight})` : `${these} back`} to exactly what was there`;
    case 'abort':
      return `end the run: ${migrated} stay migrated, ${waiting} stay as they are${inFlight === 0 ? '' : `, ${inFlight} in flight ${rollbackInFlight === true ? 'are put back' : 'are finished'}`}`;
    default:
      return assertNever(kind);
  }
}

/** The workloads of such a halt are well, but for their traces. */
function atGate({ halt }: RunStatus): boolean {
  return halt?.id === 'gate-broken' || halt?.id === 'gate-inconclusive';
}

function choice(status: RunStatus, proposal: Proposal): { readonly command: string; readonly effect: string } | undefined {
  if (proposal.targets.length === 0) return undefined;
  const named = proposal.targets.slice(0, MAX_NAMED).map((id) => printable(id));
  const more = proposal.targets.length > named.length ? ' …' : '';
  return { command: `${proposal.kind} ${named.join(' ')}${more}`, effect: decisionEffect(status, proposal) };
}

function idsIn(workloads: readonly WorkloadStatus[], states: readonly WorkloadState[]): readonly string[] {
  return workloads.filter((each) => states.includes(each.state)).map((each) => each.id);
}

function nameAll(targets: readonly string[]): string {
  const [only] = targets;
  return targets.length === 1 && only !== undefined ? printable(only.split('/').at(-1) ?? only) : `these ${targets.length}`;
}
