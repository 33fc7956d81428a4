import type { RunStatus, WorkloadStatus } from '../../core/rollout/run-status.ts';
import { decisionHints } from './decision-hints.ts';
import { wrap } from './display-width.ts';
import { formatDuration } from './duration.ts';
import { haltText } from './messages/halt-text.ts';
import { reasonText } from './messages/reason-text.ts';
import { count } from './messages/say.ts';
import { skipHeading } from './messages/skip-text.ts';
import { countTexts, phaseTexts, stateMark, stateTexts } from './messages/state-text.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';
import { formatTroubles } from './trouble-view.ts';
import { shortName } from './workload-name.ts';

export interface StatusOptions {
  readonly paint: Paint;
  readonly width: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Options a suggested command line must repeat, with a blank before each. */
  readonly flags: string;
}

/** A run for people: where it stands, what is in flight, what failed and why, and what can be decided. */
export function formatStatus(status: RunStatus, options: StatusOptions): readonly string[] {
  const sections = [
    headline(status, options),
    inFlight(status, options),
    drilled(status),
    holding(status, options),
    held(status, options),
    formatTroubles(status, options),
    skipped(status, options),
    decision(status, options),
  ];
  return sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
}

function headline(status: RunStatus, { paint, now }: StatusOptions): readonly string[] {
  const ended = status.finishedAt === undefined ? now : Date.parse(status.finishedAt);
  const took = formatDuration(ended - Date.parse(status.startedAt));
  const batch = status.finishedAt === undefined ? ` · batch ${status.batch} of ${status.batches}` : '';
  const holder = status.holder ? `driven by ${printable(status.holder.identity)}` : 'driven by nobody';
  const counts = countTexts(status.counts).map((each) => paint(each.tone, each.text));
  return [
    `${paint('strong', `Run ${printable(status.run)}`)}  ${paint(phaseTone(status), phaseTexts[status.phase])}${batch}`,
    paint('quiet', `started ${status.startedAt.slice(0, 19)}Z, ${status.finishedAt === undefined ? `going for ${took}, ${holder}` : `took ${took}`}`),
    counts.length === 0 ? 'no workloads' : counts.join(' · '),
  ];
}

function phaseTone(status: RunStatus): Tone {
  if (status.phase === 'COMPLETED') return 'good';
  return status.phase === 'HALTED' || status.phase === 'PAUSED' ? 'caution' : 'accent';
}

function inFlight(status: RunStatus, { paint, width, now }: StatusOptions): readonly string[] {
  const flying = status.workloads.filter((each) => each.outcome === undefined);
  if (flying.length === 0) return [];
  const rows = flying.map((each) => {
    const { mark, tone } = stateMark(each.state);
    const toned = tone === undefined ? {} : { tone };
    const since = `for ${formatDuration(now - Date.parse(each.since))}`;
    return [{ text: mark, ...toned }, shortName(each.id), { text: stateTexts[each.state], ...toned }, since, each.reason ? reasonText(each.reason) : ''];
  });
  return [paint('strong', 'In flight'), ...formatTable([{}, { shrinkTo: 16 }, {}, {}, { shrinkTo: 12 }], rows, { paint, width, indent: 2 })];
}

/** How long the way back took that `rollout.drill` tried. */
function drilled({ workloads }: RunStatus): readonly string[] {
  return workloads.flatMap(({ id, drill }) =>
    drill?.tookMs === undefined ? [] : [`Drill: the way back of ${shortName(id)} took ${formatDuration(drill.tookMs)}`],
  );
}

function holding({ holding: held }: RunStatus, { paint, width, now }: StatusOptions): readonly string[] {
  if (!held) return [];
  const reason = held.waitingFor ?? { id: 'gate-holding', params: { batch: held.batch } };
  const text = `${capitalised(reasonText(reason))}, for ${formatDuration(now - Date.parse(held.since))}. \`changeover continue\` starts it without them.`;
  return wrap(text, width).map((line) => paint('caution', line));
}

function held({ held: reason }: RunStatus, { paint, width }: StatusOptions): readonly string[] {
  return reason ? wrap(`${capitalised(reasonText(reason))}.`, width).map((line) => paint('caution', line)) : [];
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function skipped(status: RunStatus, { paint }: StatusOptions): readonly string[] {
  const later = status.workloads.filter((each) => each.outcome === 'skipped');
  const byReason = new Map<string, number>();
  for (const each of status.skipped) byReason.set(skipHeading(each.skip), (byReason.get(skipHeading(each.skip)) ?? 0) + 1);
  if (byReason.size === 0 && later.length === 0) return [];
  const planned = [...byReason].sort((a, b) => b[1] - a[1]).map(([text, number]) => [String(number), text]);
  const during = later.map((each) => `  ${shortName(each.id)}: ${skippedWhy(each)}`);
  return [paint('strong', 'Left alone'), ...formatTable([{ align: 'end' }, {}], planned, { paint, width: Infinity, indent: 2 }), ...during];
}

function skippedWhy(workload: WorkloadStatus): string {
  return workload.reason ? reasonText(workload.reason) : stateTexts[workload.state];
}

function decision(status: RunStatus, options: StatusOptions): readonly string[] {
  const { phase, halt } = status;
  if (phase !== 'HALTED' && phase !== 'PAUSED') return [];
  const waiting = status.workloads.filter((each) => each.state === 'PLANNED').length;
  const why = phase === 'HALTED' && halt ? `: ${haltText(halt.id, halt.params)}` : '';
  const [first = '', ...more] = wrap(
    `${phase === 'HALTED' ? 'Halted' : 'Paused'}${why}. ${count(waiting, 'workload')} waiting, none is started.`,
    options.width,
  );
  return [options.paint('caution', first), ...more.map((line) => options.paint('caution', line)), '', ...decisionHints(status, options)];
}
