import type { Finding } from '../../core/finding.ts';
import type { ServiceReport, ServiceVerdict, VerifyReport } from '../../core/verify/verify-report.ts';
import { breakText, findingText } from './messages/finding-text.ts';
import { reasonText } from './messages/reason-text.ts';
import { count } from './messages/say.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';
import { formatEdges } from './verify-edges.ts';
import { shortName } from './workload-name.ts';

interface Style {
  readonly paint: Paint;
  readonly width: number;
}

const verdicts: { readonly [verdict in ServiceVerdict]: { readonly mark: string; readonly tone: Tone; readonly rank: number } } = {
  silent: { mark: '✗', tone: 'bad', rank: 0 },
  broken: { mark: '✗', tone: 'bad', rank: 1 },
  inconclusive: { mark: '?', tone: 'caution', rank: 2 },
  ok: { mark: '✓', tone: 'good', rank: 3 },
};
const marks = { block: { text: '✗', tone: 'bad' }, warn: { text: '!', tone: 'caution' }, info: { text: '·', tone: 'quiet' } } as const;

/** What the traces say, the services that need eyes first; then who calls whom, the baseline, and the whole in one sentence. */
export function formatVerify(report: VerifyReport, style: Style): readonly string[] {
  const sorted = [...report.services].sort((a, b) => verdicts[a.verdict].rank - verdicts[b.verdict].rank || (nameOf(a) < nameOf(b) ? -1 : 1));
  const notes = sorted.flatMap((service) => service.findings.flatMap((finding) => note(finding, { paint: style.paint, about: `${nameOf(service)}: ` })));
  const sections = [serviceTable(sorted, style), notes, formatEdges(report.edges, style), baselineLines(report, style.paint)];
  const last = [...report.findings.flatMap((finding) => note(finding, { paint: style.paint })), ...totals(report), ...conclusion(report, style.paint)];
  return [...sections.filter((lines) => lines.length > 0).flatMap((lines) => [...lines, '']), ...last];
}

function serviceTable(services: readonly ServiceReport[], { paint, width }: Style): readonly string[] {
  if (services.length === 0) return [];
  const columns = [
    {},
    { title: 'SERVICE', shrinkTo: 16 },
    { title: 'VERDICT' },
    { title: 'TRACES', align: 'end' as const },
    { title: 'SPANS', align: 'end' as const },
    { title: 'PODS SEEN', align: 'end' as const },
  ];
  return formatTable(columns, services.map(row), { paint, width });
}

function row(service: ServiceReport): readonly Cell[] {
  const { mark, tone } = verdicts[service.verdict];
  const pods = service.workloads.length === 0 ? '-' : `${service.pods.seen} of ${service.pods.ready}`;
  return [{ text: mark, tone }, nameOf(service), { text: service.verdict, tone }, String(service.traces), String(service.spans), pods];
}

function nameOf(service: ServiceReport): string {
  return printable(service.service ?? service.workloads.map(shortName).join(', '));
}

/** What was found, and where one can look at it. */
function note(finding: Finding, { paint, about = '' }: { readonly paint: Paint; readonly about?: string }): readonly string[] {
  const { text, tone } = marks[finding.severity];
  const { examples } = finding.params;
  const [example] = Array.isArray(examples) ? examples : [];
  const lines = [`${paint(tone, text)}  ${about}${findingText(finding)}`];
  return typeof example === 'string' ? [...lines, `   ${paint('quiet', `for example ${printable(example)}`)}`] : lines;
}

function baselineLines({ baseline }: VerifyReport, paint: Paint): readonly string[] {
  if (!baseline) return [];
  const { services, edges } = baseline;
  const origin = paint('quiet', `(${baseline.source}, ${day(baseline.from)} to ${day(baseline.to)})`);
  const seen = `${services.seen} of ${count(services.expected, 'service')} and ${edges.seen} of ${count(edges.expected, 'call')} between them are visible`;
  return [`Baseline ${printable(baseline.file)} ${origin}: ${seen}`, ...baseline.findings.flatMap((finding) => note(finding, { paint }))];
}

function totals({ traces, reason }: VerifyReport): readonly string[] {
  if (reason) return [];
  const kinds = Object.entries(traces.breaks).filter(([id]) => id !== 'parent-not-here');
  const broken = kinds.length === 0 ? '' : ` (${kinds.map(([id, number]) => `${number} ${breakText(id)}`).join(', ')})`;
  const elsewhere = traces.elsewhere === 0 ? '' : `, ${traces.elsewhere} joined to a caller that is not here`;
  const rest = traces.notJudged === 0 ? '' : `; ${traces.notJudged} more not judged: too young, or begun before the switch`;
  return [`${count(traces.judged, 'trace')} judged: ${traces.whole} whole, ${traces.broken} broken${broken}${elsewhere}${rest}`];
}

function conclusion(report: VerifyReport, paint: Paint): readonly string[] {
  return [
    verdictSentence(report, paint),
    paint('quiet', `run ${printable(report.run)}, traces from ${report.from.slice(0, 19)}Z to ${report.to.slice(0, 19)}Z`),
  ];
}

function verdictSentence(report: VerifyReport, paint: Paint): string {
  const number = (wanted: ServiceVerdict): number => report.services.filter((service) => service.verdict === wanted).length;
  if (report.reason) return `${paint('caution', 'Inconclusive')}: ${reasonText(report.reason)}.`;
  if (report.verdict === 'ok') return `${paint('good', 'All well')}: traces of ${count(report.services.length, 'service')} arrive, and no chain is broken.`;
  if (report.verdict === 'inconclusive') return `${paint('caution', 'Inconclusive')}: ${unclear(report, number('inconclusive'))}.`;
  const bad = [
    number('silent') > 0 ? `${count(number('silent'), 'service')} silent` : [],
    number('broken') > 0 ? `${count(number('broken'), 'service')} with broken chains` : [],
    report.baseline?.verdict === 'missing' ? 'not all of the baseline is visible' : [],
  ].flat();
  return `${paint('bad', 'Not well')}: ${bad.join(', ')}.`;
}

function unclear(report: VerifyReport, services: number): string {
  if (services > 0) return `not everything can be said yet about ${count(services, 'service')}`;
  return report.findings.length > 0 ? 'not all traces were read' : 'parts of the baseline had no traffic';
}

function day(time: string): string {
  return `${time.slice(0, 16)}Z`;
}
