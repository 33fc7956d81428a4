import type { Forecast, MigrateItem } from '../../core/plan/plan.ts';
import { groupBy } from './group-by.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';
import { shortName } from './workload-name.ts';

/** What each release after the run will do, a line per kind of owner, for the migrations of a plan. */
export function forecastSection(items: readonly MigrateItem[], { paint, width }: { readonly paint: Paint; readonly width: number }): readonly string[] {
  const known = items.flatMap(({ id, nextRelease }) => (nextRelease ? [{ id, ...nextRelease }] : []));
  if (known.length === 0) return [];
  const groups = [...groupBy(known, (each) => each.because)].sort(([, a], [, b]) => b.length - a.length);
  const rows = groups.map(([because, members]) => {
    const effect = members[0]?.effect ?? 'unknown';
    return [String(members.length), effect, becauseTexts[because as Forecast['because']] ?? because, members.map((each) => shortName(each.id)).join(', ')];
  });
  return [
    paint('strong', 'At their next release (`changeover drift` finds what returns)'),
    ...formatTable([{ align: 'end' }, {}, {}, { shrinkTo: 16 }], rows, { paint, width, indent: 2 }),
  ];
}

const becauseTexts: Record<Forecast['because'], string> = {
  'owner-stopped': 'its owner is told to leave it alone',
  'next-sync': 'Argo CD syncs the image of its repository',
  'next-reconcile': 'Flux reconciles the image of its repository',
  'helm-upgrade': 'Helm puts the image of the chart back',
  'kubectl-apply': 'kubectl apply puts the image of the manifest back',
  operator: 'its operator writes the image anew',
  'next-image': 'a new image comes; whether with the new agent is not known',
  'no-owner': 'who deploys it is not known',
};
