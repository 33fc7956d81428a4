import type { ServiceEdge } from '../../core/verify/verify-report.ts';
import { count } from './messages/say.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';

const verdicts: { readonly [verdict in ServiceEdge['verdict']]: { readonly mark: string; readonly tone: Tone; readonly rank: number } } = {
  broken: { mark: '✗', tone: 'bad', rank: 0 },
  unseen: { mark: '?', tone: 'caution', rank: 1 },
  ok: { mark: '✓', tone: 'good', rank: 2 },
};
/** So many whole calls are listed; a fleet has thousands. */
const MOST_WHOLE = 20;

/** Who calls whom, what is broken first. */
export function formatEdges(edges: readonly ServiceEdge[], { paint, width }: { readonly paint: Paint; readonly width: number }): readonly string[] {
  if (edges.length === 0) return [];
  const sorted = [...edges].sort((a, b) => verdicts[a.verdict].rank - verdicts[b.verdict].rank);
  const shown = sorted.slice(0, sorted.filter((edge) => edge.verdict !== 'ok').length + MOST_WHOLE);
  const more = sorted.length - shown.length;
  const columns = [
    {},
    { title: 'FROM', shrinkTo: 12 },
    { title: 'TO', shrinkTo: 12 },
    { title: 'VERDICT' },
    { title: 'CALLS', align: 'end' as const },
    { title: 'BROKEN', align: 'end' as const },
  ];
  const table = formatTable(columns, shown.map(row), { paint, width });
  return more === 0 ? table : [...table, paint('quiet', `   and ${count(more, 'more pair')} of services, all whole (-o json lists them)`)];
}

function row({ from, to, verdict, calls, unanswered, cut }: ServiceEdge): readonly Cell[] {
  const { mark, tone } = verdicts[verdict];
  return [{ text: mark, tone }, printable(from), printable(to), { text: verdict, tone }, String(calls), String(unanswered + cut)];
}
