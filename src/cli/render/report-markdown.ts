import type { Decision } from '../../core/rollout/run-record.ts';
import type { Report, ReportItem } from '../../core/rollout/report.ts';
import { formatDuration } from './duration.ts';
import { causeText } from './messages/cause-text.ts';
import { countTexts, phaseTexts } from './messages/state-text.ts';
import { todoText } from './messages/todo-text.ts';
import { printable } from './printable.ts';
import { sharesOf, startedText, whyText, type TeamShare } from './report-rows.ts';

/** The report as Markdown, for a ticket or a wiki. */
export function formatReportMarkdown(report: Report, byOwner: boolean): string {
  const counts = countTexts(report.counts).map(({ text }) => text);
  const head = [
    `# Run ${text(report.run)}`,
    '',
    `- ${phaseTexts[report.phase]}: ${counts.join(', ') || 'no workloads'}`,
    `- started ${report.startedAt} by ${text(startedText(report))}`,
    ...(report.finishedAt === undefined ? [] : [`- ended ${report.finishedAt}`]),
    ...(report.finalized ? [`- way back ended ${report.finalized.at} by ${text(report.finalized.by)}`] : []),
    ...report.workloads.flatMap(({ id, drillMs }) =>
      drillMs === undefined ? [] : [`- drill: the way back of \`${text(id)}\` took ${formatDuration(drillMs)}`],
    ),
    `- plan hash \`${report.planHash}\``,
  ];
  const shares = sharesOf(report, byOwner).flatMap((share) => shareLines(share, byOwner));
  return [...head, ...shares, ...evidenceLines(report), ...decisionLines(report.decisions), ''].join('\n');
}

function shareLines({ team, workloads, todo }: TeamShare, byOwner: boolean): readonly string[] {
  const title = byOwner ? ['', `## ${text(team ?? 'Without an owner')}`] : [];
  const mark = byOwner ? '###' : '##';
  const tasks = todo.map((each) => `- [ ] \`${each.workload}\`: ${text(todoText(each))}`);
  const rows = workloads.map((item) => `| \`${item.id}\` | ${item.outcome} | ${text(whyText(item))} |`);
  return [
    ...title,
    ...(tasks.length === 0 ? [] : ['', `${mark} To do by hand`, '', ...tasks]),
    '',
    `${mark} Workloads`,
    '',
    '| workload | outcome | why |',
    '|---|---|---|',
    ...rows,
  ];
}

function evidenceLines({ workloads }: Report): readonly string[] {
  const shown = workloads.filter((item) => item.evidence !== undefined);
  return shown.length === 0 ? [] : ['', '## Evidence', ...shown.flatMap(evidenceOf)];
}

/** The block of log lines is indented: a log can hold any fence. */
function evidenceOf({ id, evidence }: ReportItem): readonly string[] {
  if (!evidence) return [];
  const { cause, pods, events = [], log, file } = evidence;
  return [
    '',
    `### \`${id}\``,
    '',
    ...(cause ? [`- cause: ${text(causeText(cause))}`] : []),
    ...pods.map((pod) => `- pod ${text(pod.pod)}: ${text(pod.summary)}`),
    ...events.map((event) => `- event ${text(event.reason)} on ${text(event.object)}: ${text(event.message)}`),
    ...(file === undefined ? [] : [`- all of it: \`${printable(file)}\` on the machine that drove the run`]),
    ...(log.length === 0 ? [] : ['', ...log.map((line) => `    ${printable(line)}`)]),
  ];
}

function decisionLines(decisions: readonly Decision[]): readonly string[] {
  if (decisions.length === 0) return [];
  const lines = decisions.map(({ at, by, kind, targets, reason }) => {
    const what = targets.length === 0 ? kind : `${kind} ${targets.join(', ')}`;
    return `- ${at} ${text(by)}: ${what}${reason === undefined ? '' : ` (${text(reason)})`}`;
  });
  return ['', '## Decisions', '', ...lines];
}

/** Words of others inside Markdown: one line, and nothing that ends a cell, starts a tag or a link. */
function text(words: string): string {
  return printable(words.replaceAll(/\s+/g, ' ')).replaceAll(/[\\`*_[\]<>|]/g, '\\$&');
}
