import type { ScanItem, ScanResult } from '../../core/plan/scan-result.ts';
import { groupBy } from './group-by.ts';
import { count } from './messages/say.ts';
import { skipHeading, skipText } from './messages/skip-text.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { formatTable, type Cell } from './table.ts';
import { shortName } from './workload-name.ts';

/** The inventory for people: a row per workload, then the fleet in numbers. */
export function formatScan(result: ScanResult, options: { readonly paint: Paint; readonly width: number }): readonly string[] {
  const { paint, width } = options;
  if (result.items.length === 0) return ['No workloads found.', paint('quiet', 'Look elsewhere with -n NAMESPACE, or everywhere with -A.')];
  const columns = [
    { title: 'WORKLOAD', shrinkTo: 16 },
    { title: 'PODS', align: 'end' as const },
    { title: 'AGENT' },
    { title: 'NAMED IN', shrinkTo: 12 },
    { title: 'OWNER', shrinkTo: 8 },
    { title: 'CAN BE MOVED', shrinkTo: 16 },
  ];
  return [...formatTable(columns, result.items.map(row), { paint, width }), '', ...summary(result.items, paint)];
}

function row(item: ScanItem): readonly Cell[] {
  const { agent, owner } = item;
  const version = agent?.version === undefined ? '' : ` ${printable(agent.version)}`;
  const verdict: Cell = item.skip ? { text: skipText(item.skip), tone: 'quiet' } : { text: `yes${warnings(item)}`, tone: 'good' };
  return [
    shortName(item.id),
    String(item.pods),
    agent ? `${agent.id}${version}` : '-',
    agent ? printable(agent.source) : '-',
    owner.kind === 'none' ? '-' : `${owner.kind}${owner.name === undefined ? '' : ` ${printable(owner.name)}`}`,
    verdict,
  ];
}

function warnings(item: ScanItem): string {
  const number = item.findings.filter((finding) => finding.severity !== 'info').length;
  return number === 0 ? '' : `, ${count(number, 'finding')}`;
}

function summary(items: readonly ScanItem[], paint: Paint): readonly string[] {
  const movable = items.filter((item) => item.eligible);
  const reasons = [
    ...groupBy(
      items.filter((item) => item.skip !== undefined),
      (item) => item.skip?.id ?? '',
    ),
  ].sort((a, b) => b[1].length - a[1].length);
  const rows = reasons.map(([id, group]): readonly Cell[] => [String(group.length), { text: skipHeading(id), tone: 'quiet' }]);
  return [
    `${paint('strong', count(items.length, 'workload'))}: ${paint('good', `${movable.length} can be moved`)}, ${items.length - movable.length} not`,
    ...formatTable([{ align: 'end' }, {}], rows, { paint, width: Infinity, indent: 2 }),
  ];
}
