import type { Check, DoctorReport } from '../../core/doctor/doctor-report.ts';
import { displayWidth, pad, wrap } from './display-width.ts';
import { checkText, fixText, placeText, rightsFix, rightText, whyText, type FixContext } from './messages/doctor-text.ts';
import { count } from './messages/say.ts';
import type { Paint, Tone } from './paint.ts';

export interface DoctorViewOptions extends FixContext {
  readonly paint: Paint;
  readonly width: number;
}

/** One line of the view with what hangs below it. */
interface Row {
  readonly status: Check['status'];
  readonly label: string;
  readonly text: string;
  readonly details?: readonly string[];
  readonly fix?: string | undefined;
}

const marks: { readonly [status in Check['status']]: { readonly mark: string; readonly tone: Tone } } = {
  ok: { mark: '✓', tone: 'good' },
  problem: { mark: '✗', tone: 'bad' },
  unknown: { mark: '?', tone: 'caution' },
};

const labels: { readonly [id in Check['id']]: string } = {
  cluster: 'cluster',
  permission: 'rights',
  'state-namespace': 'records',
  clock: 'clock',
  fleet: 'fleet',
  registry: 'registry',
  image: 'image',
  push: 'push',
  abilities: 'can do',
  'agent-files': 'agent',
  journal: 'journal',
  traces: 'traces',
};

const LABEL = Math.max(...Object.values(labels).map((label) => displayWidth(label)));

/** What was looked at, each thing on a line, and below what is not well how to mend it. */
export function formatDoctor({ checks, verdict }: DoctorReport, options: DoctorViewOptions): readonly string[] {
  return [...rowsOf(checks, options).flatMap((row) => formatRow(row, options)), '', conclusion(checks, verdict, options.paint)];
}

function rowsOf(checks: readonly Check[], options: DoctorViewOptions): readonly Row[] {
  const permissions = checks.filter((check) => check.id === 'permission');
  const rights = rightsRows(permissions, options);
  const answering = new Set(checks.filter((check) => check.id === 'registry').map((check) => check.params['registry']));
  return checks.flatMap((check, index) => {
    if (check.id === 'permission') return checks[index - 1]?.id === 'permission' ? [] : rights;
    if (check.id === 'registry' && check.status === 'ok') return [registryRow(check, checks)];
    if ((check.id === 'image' || check.id === 'push') && check.status === 'ok' && answering.has(check.params['registry'])) return [];
    return [{ status: check.status, label: labels[check.id], text: checkText(check), fix: fixText(check, options) }];
  });
}

/** The rights of each place; what is missing is mended by one command, which is said once. */
function rightsRows(permissions: readonly Check[], options: DoctorViewOptions): readonly Row[] {
  const rows = [...Map.groupBy(permissions, placeText)].map(([place, group]): Row => {
    const missing = group.filter((check) => check.status !== 'ok');
    if (missing.length === 0) return { status: 'ok', label: labels.permission, text: `all that are needed ${place} (${group.length})` };
    const details = missing.map((check) => `may not ${rightText(check)}: needed to ${whyText(check)}`);
    return { status: 'problem', label: labels.permission, text: `${missing.length} of ${group.length} missing ${place}`, details };
  });
  const last = rows.findLastIndex((row) => row.status !== 'ok');
  return rows.map((row, index) => (index === last ? { ...row, fix: `${rightsFix(options)}.` } : row));
}

/** A registry's good answers in one line; what is not well has lines of its own. */
function registryRow(check: Check, checks: readonly Check[]): Row {
  const well = (id: Check['id']): number =>
    checks.filter((each) => each.id === id && each.status === 'ok' && each.params['registry'] === check.params['registry']).length;
  const text = `${checkText(check)}: ${count(well('image'), 'image')} read, may push to ${count(well('push'), 'repository', 'repositories')}`;
  return { status: check.status, label: labels.registry, text };
}

function formatRow({ status, label, text, details = [], fix }: Row, { paint, width }: DoctorViewOptions): readonly string[] {
  const { mark, tone } = marks[status];
  const indent = ' '.repeat(LABEL + 4);
  const fit = (words: string, lead: string): readonly string[] =>
    wrap(words, width - indent.length - lead.length).map((line, index) => `${indent}${index === 0 ? lead : ' '.repeat(lead.length)}${line}`);
  const [first = '', ...more] = wrap(text, width - indent.length);
  return [
    `${paint(tone, mark)} ${pad(label, LABEL)}  ${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...details.flatMap((detail) => fit(detail, '- ')),
    ...(fix === undefined ? [] : fit(fix, 'fix: ').map((line, index) => (index === 0 ? line.replace('fix:', paint('good', 'fix:')) : line))),
  ];
}

function conclusion(checks: readonly Check[], verdict: DoctorReport['verdict'], paint: Paint): string {
  if (verdict === 'ok') return `${paint('good', 'All well')}: a migration can be planned and run from here.`;
  const problems = checks.filter((check) => check.status === 'problem').length;
  const unknown = checks.filter((check) => check.status === 'unknown').length;
  const open = unknown === 0 ? '' : `${problems === 0 ? '' : ', '}${count(unknown, 'thing')} not known`;
  return `${paint(verdict === 'problem' ? 'bad' : 'caution', 'Not ready')}: ${problems === 0 ? '' : count(problems, 'problem')}${open}.`;
}
