import { printable } from './printable.ts';

/** `namespace/name` of the usual kind, `namespace/Kind/name` of every other: for reading. Commands take the full id. */
export function shortName(id: string): string {
  return printable(id.replace('/Deployment/', '/'));
}
