import type { ServiceReport, ServiceVerdict, VerifyReport } from '../../core/verify/verify-report.ts';
import { findingText } from './messages/finding-text.ts';
import { reasonText } from './messages/reason-text.ts';
import { count } from './messages/say.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';
import { shortName } from './workload-name.ts';

const verdicts: { readonly [verdict in ServiceVerdict]: { readonly mark: string; readonly tone: Tone; readonly rank: number } } = {
  silent: { mark: '✗', tone: 'bad', rank: 0 },
  broken: { mark: '✗', tone: 'bad', rank: 1 },
  inconclusive: { mark: '?', tone: 'caution', rank: 2 },
  ok: { mark: '✓', tone: 'good', rank: 3 },
};

/** What the traces say, the services that need eyes first. */
export function formatVerify(report: VerifyReport, { paint, width }: { readonly paint: Paint; readonly width: number }): readonly string[] {
  const sorted = [...report.services].sort((a, b) => verdicts[a.verdict].rank - verdicts[b.verdict].rank || (nameOf(a) < nameOf(b) ? -1 : 1));
  const columns = [
    {},
    { title: 'SERVICE', shrinkTo: 16 },
    { title: 'VERDICT' },
    { title: 'TRACES', align: 'end' as const },
    { title: 'SPANS', align: 'end' as const },
    { title: 'PODS SEEN', align: 'end' as const },
  ];
  const table = sorted.length === 0 ? [] : formatTable(columns, sorted.map(row), { paint, width });
  const notes = sorted.flatMap((service) => service.findings.map((finding) => `  ${nameOf(service)}: ${findingText(finding)}`));
  return [...table, ...(notes.length > 0 ? ['', ...notes] : []), ...(table.length > 0 ? [''] : []), conclusion(report, paint)];
}

function row(service: ServiceReport): readonly Cell[] {
  const { mark, tone } = verdicts[service.verdict];
  return [
    { text: mark, tone },
    nameOf(service),
    { text: service.verdict, tone },
    String(service.traces),
    String(service.spans),
    `${service.pods.seen} of ${service.pods.ready}`,
  ];
}

function nameOf(service: ServiceReport): string {
  return printable(service.service ?? service.workloads.map(shortName).join(', '));
}

function conclusion(report: VerifyReport, paint: Paint): string {
  const window = paint('quiet', `run ${printable(report.run)}, traces from ${report.from.slice(0, 19)}Z to ${report.to.slice(0, 19)}Z`);
  return `${verdictSentence(report, paint)} ${window}`;
}

function verdictSentence(report: VerifyReport, paint: Paint): string {
  const number = (wanted: ServiceVerdict): number => report.services.filter((service) => service.verdict === wanted).length;
  if (report.reason) return `${paint('caution', 'Inconclusive')}: ${reasonText(report.reason)}.`;
  if (report.verdict === 'ok')
    return `${paint('good', 'All well')}: traces of ${count(report.services.length, 'switched service')} arrive, every chain is whole.`;
  if (report.verdict === 'inconclusive')
    return `${paint('caution', 'Inconclusive')}: nothing can be said yet about ${count(number('inconclusive'), 'service')}.`;
  return `${paint('bad', 'Not well')}: ${count(number('silent'), 'service')} silent, ${number('broken')} with broken chains.`;
}
