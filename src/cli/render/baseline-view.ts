import type { SavedBaseline } from '../../app/save-baseline.ts';
import { count } from './messages/say.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

const MOST_NAMES = 10;

/** What was saved, where, and what of the fleet is not in it. */
export function formatBaseline({ baseline, apart, cut }: SavedBaseline, { paint, file }: { readonly paint: Paint; readonly file: string }): readonly string[] {
  const { services, edges, source } = baseline;
  const window = paint('quiet', `from ${source}, ${baseline.from.slice(0, 16)}Z to ${baseline.to.slice(0, 16)}Z`);
  return [
    `${paint('good', 'Saved')} ${printable(file)}: ${count(services.length, 'service')} and ${count(edges.length, 'pair')} of services that call each other`,
    `  ${window}`,
    ...(apart.length === 0 ? [] : [`  ${paint('quiet', `left out, as they are no services: ${names(apart)}`)}`]),
    ...(cut ? [`  ${paint('caution', 'Not all traces could be read')}: rare calls may be missing. Look at less time at once (--since).`] : []),
    '',
    `After the migration: changeover verify --baseline compare ${printable(file)}`,
  ];
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MOST_NAMES).map(printable).join(', ');
  return all.length > MOST_NAMES ? `${shown} and ${all.length - MOST_NAMES} more` : shown;
}
