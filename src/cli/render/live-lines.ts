import { assertNever } from '../../core/error.ts';
import type { RunEvent } from '../../core/rollout/event.ts';
import { isTerminal } from '../../core/rollout/workload-state.ts';
import { pad, truncate } from './display-width.ts';
import { formatDuration } from './duration.ts';
import type { LiveModel } from './live-model.ts';
import { haltText } from './messages/halt-text.ts';
import { reasonText } from './messages/reason-text.ts';
import { around, count } from './messages/say.ts';
import { countTexts, phaseTexts, stateMark, stateTexts } from './messages/state-text.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';
import { shortName } from './workload-name.ts';

export interface LineOptions {
  readonly paint: Paint;
  readonly nameWidth: number;
  readonly width: number;
}

/** The line that stays above the live table for an event worth keeping; undefined for what the table itself shows. */
export function lastingLine(event: RunEvent, before: LiveModel, options: LineOptions): string | undefined {
  switch (event.type) {
    case 'workload.state':
      return isTerminal(event.to) ? finishedLine(event, before, options) : undefined;
    case 'workload.verdict':
      if (event.verdict !== 'fail') return undefined;
      return line({ text: '!', tone: 'bad' }, [shortName(event.workload), { text: 'fails', tone: 'bad' }, reasonText(event.reason)], options);
    case 'warning':
      if (event.reason.id === 'gate-holding' || event.reason.id === 'surge-limit') return undefined;
      return line({ text: '!', tone: 'caution' }, [sentence(event)], options);
    case 'decision.recorded':
    case 'run.halted':
      return line({ text: '!', tone: 'caution' }, [sentence(event)], options);
    case 'run.started':
      return event.resumed ? line({ text: '•', tone: 'quiet' }, [{ text: sentence(event), tone: 'quiet' }], options) : undefined;
    case 'run.finished':
    case 'batch.started':
    case 'image.pushed':
      return undefined;
    default:
      return assertNever(event);
  }
}

/** An event as one plain line, for logs and pipes; undefined for steps that say nothing new. */
export function plainLine(event: RunEvent): string | undefined {
  if (event.type === 'workload.state' && ['ARTIFACT', 'READY', 'CLAIMED', 'APPLY_INTENT', 'PLANNED', 'RB_INTENT'].includes(event.to)) return undefined;
  return `${event.time.slice(11, 19)}Z ${sentence(event)}`;
}

function finishedLine(event: RunEvent & { readonly type: 'workload.state' }, before: LiveModel, options: LineOptions): string {
  const { mark, tone } = stateMark(event.to);
  const toned = tone === undefined ? {} : { tone };
  const workload = before.inFlight.get(event.workload);
  const took = workload ? ` in ${formatDuration(Date.parse(event.time) - workload.startedAt)}` : '';
  const why = event.waitingFor ?? workload?.failure;
  return line({ text: mark, ...toned }, [shortName(event.workload), { text: `${stateTexts[event.to]}${took}`, ...toned }, why ? reasonText(why) : ''], options);
}

/** Mark, then a name in the table's name column and what is to be said about it; the last cell gives way on a narrow terminal. */
function line(mark: Cell, said: readonly Cell[], options: LineOptions): string {
  const cells = said.length > 1 && typeof said[0] === 'string' ? [pad(truncate(said[0], options.nameWidth), options.nameWidth), ...said.slice(1)] : said;
  const columns = [{}, ...cells.slice(1).map(() => ({})), { shrinkTo: 8 }];
  return formatTable(columns, [[mark, ...cells]], { paint: options.paint, width: options.width, indent: 1 })[0] ?? '';
}

/** A halt at the gate names its services itself. */
function named({ reason }: RunEvent & { readonly type: 'run.halted' }): boolean {
  return reason.params['services'] !== undefined;
}

function sentence(event: RunEvent): string {
  switch (event.type) {
    case 'run.started':
      return `run ${printable(event.run)} ${event.resumed ? 'resumed' : 'started'}: ${count(event.workloads, 'workload')} in ${count(event.batches, 'batch', 'batches')}`;
    case 'batch.started':
      return `batch ${event.batch} of ${event.of}: ${event.workloads.map(shortName).join(', ')}`;
    case 'image.pushed':
      return `${shortName(event.workload)}: image ${printable(event.reference)} ${printable(event.how)}`;
    case 'workload.state':
      return `${shortName(event.workload)}: ${stateTexts[event.to]}${around(': ', event.waitingFor ? reasonText(event.waitingFor) : '')}`;
    case 'workload.verdict':
      return `${shortName(event.workload)}: ${event.verdict === 'fail' ? 'fails: ' : ''}${reasonText(event.reason)}`;
    case 'decision.recorded':
      return `${printable(event.by)} decided: ${event.decision}${around(' ', event.targets.map(shortName).join(', '))}`;
    case 'run.halted':
      return `halted: ${haltText(event.reason.id, event.reason.params)}${around(' (', named(event) ? '' : event.workloads.map(shortName).join(', '), ')')}`;
    case 'run.finished':
      return `run ${printable(event.run)} ${phaseTexts[event.phase as keyof typeof phaseTexts] ?? printable(event.phase)}: ${countTexts(event.counts)
        .map((each) => each.text)
        .join(', ')}`;
    case 'warning':
      return `${around('', event.workload === undefined ? '' : shortName(event.workload), ': ')}${reasonText(event.reason)}`;
    default:
      return assertNever(event);
  }
}
