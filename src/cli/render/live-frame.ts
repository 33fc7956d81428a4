import { isJsonObject } from '../../core/json.ts';
import { displayWidth, pad, truncate } from './display-width.ts';
import { formatClock, formatEstimate } from './duration.ts';
import { estimateLeft, type LiveModel, type LiveWorkload } from './live-model.ts';
import { leftMsOf, reasonText } from './messages/reason-text.ts';
import { count } from './messages/say.ts';
import { countTexts, stateMark, stateTexts } from './messages/state-text.ts';
import type { Paint } from './paint.ts';
import { formatTable, type Cell } from './table.ts';
import { shortName } from './workload-name.ts';

export interface FrameOptions {
  readonly title: string;
  readonly simulated: boolean;
  readonly now: number;
  readonly width: number;
  /** Lines the frame may take. */
  readonly height: number;
  /** Cells of the name column: it only grows, so that nothing jumps. */
  readonly nameWidth: number;
  /** Said below the table; empty = nothing. */
  readonly footer: string;
  readonly paint: Paint;
}

/** The redrawn part: where the run is, and each workload in flight with what it waits for. */
export function formatFrame(model: LiveModel, options: FrameOptions): readonly string[] {
  const rows = model.order.map((id) => model.inFlight.get(id)).filter((each) => each !== undefined);
  const head = ['', headLine(model, options), progressLine(model, options), ''];
  const foot = options.footer === '' ? [] : ['', options.paint('quiet', ` ${truncate(options.footer, options.width - 1)}`)];
  const room = Math.max(1, options.height - head.length - foot.length);
  const shown = rows.length > room ? rows.slice(0, room - 1) : rows;
  const more = rows.length > shown.length ? [options.paint('quiet', ` … and ${rows.length - shown.length} more`)] : [];
  const idle = rows.length === 0 ? [options.paint('quiet', ` ${truncate(idleText(model), options.width - 1)}`)] : [];
  return [...head, ...workloadTable(shown, options), ...more, ...idle, ...foot];
}

function idleText({ holding }: LiveModel): string {
  return holding ? reasonText(holding) : 'nothing in flight';
}

function headLine(model: LiveModel, options: FrameOptions): string {
  const left = estimateLeft(model, options.now);
  const clock = model.startedAt === undefined ? '' : formatClock(options.now - model.startedAt);
  const right = [clock, left === undefined ? '' : `about ${formatEstimate(left)} left`].filter((part) => part !== '').join(' · ');
  const middle = [
    model.batch > 0 ? ` · batch ${model.batch} of ${model.batches}` : '',
    options.simulated ? ' · simulated cluster' : '',
    model.halted ? ' · halted' : '',
  ].join('');
  const title = truncate(options.title, Math.max(10, options.width - displayWidth(middle) - displayWidth(right) - 3));
  const gap = options.width - 1 - displayWidth(title) - displayWidth(middle) - displayWidth(right);
  if (gap < 2) return ` ${options.paint('strong', title)}${truncate(middle, options.width - 1 - displayWidth(title))}`;
  return ` ${options.paint('strong', title)}${middle}${' '.repeat(gap)}${options.paint('quiet', right)}`;
}

function progressLine(model: LiveModel, options: FrameOptions): string {
  const done = Object.values(model.counts).reduce((sum, each) => sum + each, 0);
  const words = [{ text: `${done} of ${count(model.total, 'workload')}`, tone: undefined }, ...countTexts(model.counts)];
  const text = words.map((word) => word.text).join(' · ');
  const room = options.width - displayWidth(text) - 4;
  if (room < 8) return ` ${truncate(text, options.width - 1)}`;
  const said = words.map((word) => options.paint(word.tone, word.text)).join(' · ');
  return ` ${options.paint('good', bar(model.total === 0 ? 0 : done / model.total, Math.min(room, 40)))}  ${said}`;
}

function workloadTable(rows: readonly LiveWorkload[], options: FrameOptions): readonly string[] {
  const cells = rows.map((workload): readonly Cell[] => {
    const { mark, tone } = stateMark(workload.state);
    const toned = tone === undefined ? {} : { tone };
    const name = pad(truncate(shortName(workload.id), options.nameWidth), options.nameWidth);
    return [{ text: mark, ...toned }, name, { text: stateTexts[workload.state].padEnd(12), ...toned }, waitingText(workload, options.now)];
  });
  return formatTable([{}, {}, {}, { shrinkTo: 8 }], cells, { paint: options.paint, width: options.width, indent: 1 });
}

/** What a workload waits for, with its countdown as it stands now. */
export function waitingText(workload: LiveWorkload, now: number): string {
  const { reason, failure } = workload;
  if (!reason) return '';
  const left = leftMsOf(reason);
  const passed = now - workload.reasonAt;
  if (left !== undefined && left <= passed) return 'last checks';
  const current = left === undefined ? reason : { ...reason, params: { ...reason.params, leftMs: left - passed } };
  const text = left === undefined ? reasonText(current) : `${bar(1 - (left - passed) / (workload.soakMs ?? left), 10)}  ${reasonText(current)}`;
  if (!failure || failure.id === reason.id || isJsonObject(reason.params['detail'])) return text;
  return `${text}, because ${reasonText(failure)}`;
}

function bar(share: number, cells: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return '━'.repeat(filled) + '─'.repeat(cells - filled);
}
