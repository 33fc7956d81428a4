import { jsonEqual } from '../json.ts';
import type { ArgsEdit, Edit } from '../workload/edit.ts';
import { editContainer } from '../workload/edit-container.ts';
import { argsEdits } from '../workload/edit-list.ts';
import type { Container, EnvVar } from '../workload/workload.ts';

/** Edits that were made one after the other as edits of what was there in the beginning: the same end, and one way back. */
export function joinEdits(container: Container, first: readonly Edit[], second: readonly Edit[]): readonly Edit[] {
  if (first.length === 0) return second;
  const after = editContainer(editContainer(container, first), second);
  const names = [...new Set([...first, ...second].flatMap((edit) => (edit.kind === 'env' ? [edit.name] : [])))];
  const env = names.flatMap((name): readonly Edit[] => {
    const [before, now] = [variable(container, name), variable(after, name)];
    return jsonEqual(before, now) ? [] : [{ kind: 'env', container: container.name, name, before, after: now }];
  });
  const others = second.filter((edit) => edit.kind === 'image');
  return [...others, ...env, ...(['command', 'args'] as const).flatMap((field) => joinLists(container, field, [first, second]))];
}

function variable({ env }: Container, name: string): EnvVar | null {
  return env?.findLast((each) => each.name === name) ?? null;
}

function joinLists(container: Container, field: ArgsEdit['field'], [first, second]: readonly [readonly Edit[], readonly Edit[]]): readonly Edit[] {
  const of = (edits: readonly Edit[]): ReadonlyMap<number, string | null> =>
    new Map(edits.flatMap((edit) => (edit.kind === 'args' && edit.field === field ? [[edit.index, edit.after] as const] : [])));
  const list = container[field] ?? [];
  const before = of(first);
  // Positions of the second edits count what the first ones left.
  const kept = list.flatMap((_, index) => (before.get(index) === null ? [] : [index]));
  const changes = new Map([...before, ...[...of(second)].map(([index, after]) => [kept[index] ?? -1, after] as const)]);
  const made = [...changes].filter(([index, after]) => after !== list[index]).map(([index, after]) => ({ index, after }));
  return made.length === 0 ? [] : argsEdits({ container: container.name, field }, list, made);
}
