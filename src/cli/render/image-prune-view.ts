import type { PruneItem, PruneReport } from '../../core/image-report/prune-report.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

const heads = {
  unneeded: 'Nothing needs',
  deleted: 'Deleted',
  failed: 'Not deleted',
  kept: 'Kept',
} as const satisfies Record<PruneItem['status'], string>;

/** Results of ours by what becomes of them; kept ones are only counted, unless asked for in detail. */
export function formatPrune(
  { items, repositories, unread }: PruneReport,
  { paint, verbose }: { readonly paint: Paint; readonly verbose: boolean },
): readonly string[] {
  const sections = (['unneeded', 'deleted', 'failed', 'kept'] as const).flatMap((status) => {
    const members = items.filter((each) => each.status === status);
    if (members.length === 0) return [];
    const lines = status === 'kept' && !verbose ? [] : members.map(itemLine);
    const why = status === 'kept' ? ': a workload, its history, or a way back needs them' : '';
    return [`${paint(status === 'failed' ? 'bad' : 'strong', heads[status])} ${count(members.length, 'image')}${why}`, ...lines];
  });
  const hint = items.some((each) => each.status === 'failed')
    ? [paint('quiet', 'Registries delete only where that is switched on (docker-registry: REGISTRY_STORAGE_DELETE_ENABLED=true) and the account may.')]
    : [];
  return [
    ...(items.length === 0 ? [`No results of Changeover in ${count(repositories, 'repository', 'repositories')}.`] : sections),
    ...hint,
    ...unread.map(({ repository, because }) => `${paint('caution', '?')} ${printable(repository)} was not looked into: ${printable(because)}`),
  ];
}

function itemLine({ reference, source, because }: PruneItem): string {
  return `  ${printable(reference)}  ${because === undefined ? `from ${printable(source)}` : printable(because)}`;
}
