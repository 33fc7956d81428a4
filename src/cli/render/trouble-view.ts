import type { RunStatus, WorkloadStatus } from '../../core/rollout/run-status.ts';
import type { EventNote } from '../../core/rollout/run-record.ts';
import { truncate, wrap } from './display-width.ts';
import { causeText } from './messages/cause-text.ts';
import { reasonText } from './messages/reason-text.ts';
import { stateMark, stateTexts } from './messages/state-text.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { shortName } from './workload-name.ts';

/** Events shown of the first workload that failed. */
const MAX_EVENTS = 5;

/** What failed, was put back or is unclear: why, what its pods said, and for the first one that is open its last log lines. */
export function formatTroubles(status: RunStatus, { paint, width }: { readonly paint: Paint; readonly width: number }): readonly string[] {
  const troubles = status.workloads.filter((each) => each.outcome === 'failed' || each.outcome === 'rolled-back');
  if (troubles.length === 0) return [];
  const sorted = [...troubles.filter((each) => !each.acknowledged), ...troubles.filter((each) => each.acknowledged)];
  const first = sorted.find((each) => !each.acknowledged && (each.evidence?.log.length ?? 0) > 0);
  return [paint('strong', 'Not migrated'), ...sorted.flatMap((each) => describe(each, { paint, width, withLog: each === first }))];
}

function describe(workload: WorkloadStatus, options: { readonly paint: Paint; readonly width: number; readonly withLog: boolean }): readonly string[] {
  const { paint, width } = options;
  const { mark, tone } = stateMark(workload.state);
  const seen = workload.acknowledged ? paint('quiet', ' (decided)') : '';
  const why = workload.reason ? wrap(reasonText(workload.reason), width - 6).map((line) => `      ${line}`) : [];
  const lines = [`  ${paint(tone, `${mark} ${shortName(workload.id)}`)}  ${stateTexts[workload.state]}${seen}`, ...why];
  if (workload.acknowledged || !workload.evidence) return lines;
  const pods = workload.evidence.pods.map(
    (pod) => `      ${printable(pod.pod)}${pod.node === undefined ? '' : ` on ${printable(pod.node)}`}: ${printable(pod.summary)}`,
  );
  const { cause, file } = workload.evidence;
  const because = cause ? wrap(`cause: ${causeText(cause)}`, width - 6).map((line) => `      ${line}`) : [];
  const kept = options.withLog && file !== undefined ? [paint('quiet', `      all of it: ${printable(file)}`)] : [];
  const events = options.withLog
    ? (workload.evidence.events ?? []).slice(-MAX_EVENTS).map((event) => paint('quiet', `      ${truncate(eventLine(event), width - 6)}`))
    : [];
  const log = options.withLog ? workload.evidence.log.map((line) => paint('quiet', `      │ ${truncate(printable(line), width - 8)}`)) : [];
  return [...lines, ...because, ...pods, ...events, ...(log.length > 0 ? [paint('quiet', '      last lines of its log:'), ...log] : []), ...kept];
}

function eventLine({ object, reason, message, count }: EventNote): string {
  return printable(`event ${reason}${count > 1 ? ` (${count} times)` : ''} on ${object}: ${message}`);
}
