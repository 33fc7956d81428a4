import { hashJson } from '../hash-json.ts';
import type { ArgsEdit } from './edit.ts';

/** What happens to one element: its position in the list before, and its new text; `null` = it goes. */
export interface ElementChange {
  readonly index: number;
  readonly after: string | null;
}

/** The edits that change elements of a container's `command` or `args`. */
export function argsEdits(
  place: { readonly container: string; readonly field: 'command' | 'args' },
  list: readonly string[],
  changes: readonly ElementChange[],
): readonly ArgsEdit[] {
  const bare = changes.map(({ index, after }) => ({ index, before: list[index] ?? '', after }));
  const seal = { before: hashJson(list), after: hashJson(editList(list, bare)) };
  return bare.toSorted((a, b) => a.index - b.index).map((change): ArgsEdit => ({ kind: 'args', ...place, ...change, list: seal }));
}

/** The list with all changes made. */
export function editList(list: readonly string[], changes: readonly ElementChange[]): readonly string[] {
  const byIndex = new Map(changes.map((change) => [change.index, change.after]));
  return list.flatMap((text, index) => {
    const after = byIndex.get(index);
    return after === undefined ? [text] : after === null ? [] : [after];
  });
}

/** The list as it was before these edits, from the one they made. */
export function restoreList(list: readonly string[], edits: readonly ArgsEdit[]): readonly string[] {
  const restored = [...list];
  // From the front: every position is then already the one of the old list.
  for (const { index, before, after } of edits.toSorted((a, b) => a.index - b.index)) restored.splice(index, after === null ? 0 : 1, before);
  return restored;
}
