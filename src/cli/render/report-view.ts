import type { History, PastRun } from '../../core/rollout/history.ts';
import type { Report } from '../../core/rollout/report.ts';
import { wrap } from './display-width.ts';
import { formatDuration } from './duration.ts';
import { causeText } from './messages/cause-text.ts';
import { countTexts, phaseTexts } from './messages/state-text.ts';
import { todoText } from './messages/todo-text.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { sharesOf, startedText, whyText, type TeamShare } from './report-rows.ts';
import { formatTable } from './table.ts';
import { shortName } from './workload-name.ts';

interface ViewOptions {
  readonly paint: Paint;
  readonly width: number;
}

/** A report for people: the run in numbers, then what is left to do, then every workload; by team where asked. */
export function formatReport(report: Report, options: ViewOptions & { readonly byOwner: boolean }): readonly string[] {
  const { paint, byOwner } = options;
  const counts = countTexts(report.counts).map((each) => paint(each.tone, each.text));
  const head = [
    `${paint('strong', `Run ${printable(report.run)}`)}  ${phaseTexts[report.phase]}${report.finalized ? ', way back ended' : ''}`,
    paint('quiet', `started ${report.startedAt} by ${printable(startedText(report))}`),
    counts.join(' · ') || 'no workloads',
  ];
  return [
    ...head,
    ...sharesOf(report, byOwner).flatMap((share) => shareLines(share, options)),
    ...evidenceLines(report, options),
    ...decisionLines(report, options),
  ];
}

function shareLines({ team, workloads, todo }: TeamShare, { paint, width, byOwner }: ViewOptions & { readonly byOwner: boolean }): readonly string[] {
  const title = byOwner ? ['', paint('strong', printable(team ?? 'Without an owner'))] : [];
  const tasks = todo.flatMap((each) => {
    const [first = '', ...more] = wrap(`${shortName(each.workload)}: ${todoText(each)}`, width - 4);
    return [`  - ${first}`, ...more.map((line) => `    ${line}`)];
  });
  const rows = workloads.map((item) => [shortName(item.id), item.outcome, whyText(item)]);
  const table = formatTable([{ title: 'WORKLOAD', shrinkTo: 16 }, { title: 'OUTCOME' }, { title: 'WHY', shrinkTo: 20 }], rows, { paint, width, indent: 2 });
  return [...title, ...(tasks.length === 0 ? [] : ['', paint('caution', 'To do by hand'), ...tasks]), '', ...table];
}

function evidenceLines({ workloads }: Report, { paint, width }: ViewOptions): readonly string[] {
  const shown = workloads.filter((item) => item.evidence?.cause !== undefined);
  if (shown.length === 0) return [];
  const lines = shown.flatMap(({ id, evidence }) => {
    const cause = evidence?.cause ? wrap(`${shortName(id)}: ${causeText(evidence.cause)}`, width - 2) : [];
    return [...cause, ...(evidence?.file === undefined ? [] : [paint('quiet', `  ${printable(evidence.file)}`)])].map((line) => `  ${line}`);
  });
  return ['', paint('strong', 'Evidence'), ...lines];
}

function decisionLines({ decisions }: Report, { paint, width }: ViewOptions): readonly string[] {
  if (decisions.length === 0) return [];
  const rows = decisions.map(({ at, by, kind, targets, reason = '' }) => [
    at,
    printable(by),
    kind,
    targets.map(shortName).join(', ') || 'the run',
    printable(reason),
  ]);
  return ['', paint('strong', 'Decisions'), ...formatTable([{}, {}, {}, { shrinkTo: 16 }, { shrinkTo: 12 }], rows, { paint, width, indent: 2 })];
}

/** All runs of a cluster for people, newest first. */
export function formatHistory({ runs }: History, { paint, width }: ViewOptions): readonly string[] {
  if (runs.length === 0) return ['There has been no run yet.'];
  const columns = [
    { title: 'RUN', shrinkTo: 16 },
    { title: 'STARTED' },
    { title: 'TOOK' },
    { title: 'STATE' },
    { title: 'RESULT', shrinkTo: 20 },
    { title: 'BY', shrinkTo: 12 },
  ];
  return formatTable(columns, runs.map(row), { paint, width });
}

function row(run: PastRun): readonly string[] {
  const took = run.finishedAt === undefined ? '-' : formatDuration(Date.parse(run.finishedAt) - Date.parse(run.startedAt));
  const state = `${phaseTexts[run.phase]}${run.finalized ? ', final' : ''}`;
  const result = countTexts(run.counts).map(({ text }) => text);
  return [printable(run.run), `${run.startedAt.slice(0, 19)}Z`, took, state, result.join(', '), printable(startedText(run))];
}
