import type { DriftItem } from '../../core/drift/find-drift.ts';
import type { DriftReport } from '../../core/drift/drift-report.ts';
import { wrap } from './display-width.ts';
import { groupBy } from './group-by.ts';
import { driftHeading, driftOrder, driftText } from './messages/drift-text.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { shortName } from './workload-name.ts';

/** Drift for people: the worst first, each with its team and what to do. */
export function formatDrift(report: DriftReport, options: { readonly paint: Paint; readonly width: number }): readonly string[] {
  const { paint } = options;
  const checked = `${count(report.checked, 'workload')} checked against run ${printable(report.run)}`;
  if (report.items.length === 0) return [`${paint('good', 'No drift.')} ${checked}.`];
  const groups = [...groupBy(report.items, (item) => item.finding.id)].sort(([a], [b]) => driftOrder.indexOf(a) - driftOrder.indexOf(b));
  const sections = groups.map(([id, items]) => [
    paint('caution', `${driftHeading(id)} (${items.length})`),
    ...items.flatMap((item) => describe(item, options)),
  ]);
  return [`${paint('strong', count(report.items.length, 'finding'))}, ${checked}.`, ...sections.flatMap((section) => ['', ...section])];
}

function describe({ id, team, finding }: DriftItem, { width }: { readonly width: number }): readonly string[] {
  const who = team === undefined ? '' : ` [${printable(team)}]`;
  return wrap(`${shortName(id)}${who}: ${driftText(finding)}`, width - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`);
}
