import { stripVTControlCharacters } from 'node:util';

/**
 * Text from a cluster, a registry or a log made safe to print on a terminal: escape sequences, control and bidirectional
 * override characters go, every kind of white space becomes one space. Nothing foreign may move the cursor or recolour our words.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s/g, ' ')
    .replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '');
}
