import type { Report } from '../../core/rollout/report.ts';
import { todoText } from './messages/todo-text.ts';
import { whyText } from './report-rows.ts';

const COLUMNS = ['owner', 'namespace', 'kind', 'name', 'outcome', 'state', 'since', 'delivery', 'image_before', 'image_after', 'why', 'cause', 'to_do'];

/** The report as CSV (RFC 4180, CRLF), a line per workload. A cell that a spreadsheet would run as a formula gets an apostrophe before it. */
export function formatReportCsv(report: Report): string {
  const rows = report.workloads.map((item) => {
    const todo = report.todo.filter((each) => each.workload === item.id).map(todoText);
    const place = item.id.split('/');
    const { before = '', after = '' } = item.image ?? {};
    const cause = item.evidence?.cause?.id ?? '';
    const { team = '', outcome, state = '', since = '', delivery = '' } = item;
    return [team, place[0] ?? '', place[1] ?? '', place[2] ?? '', outcome, state, since, delivery, before, after, whyText(item), cause, todo.join('; ')];
  });
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
