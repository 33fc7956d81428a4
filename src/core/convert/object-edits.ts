import type { DocumentPath } from '../policy/placed-document.ts';
import type { ArgsEdit, Edit } from '../workload/edit.ts';
import { editList } from '../workload/edit-list.ts';
import type { Container } from '../workload/workload.ts';
import type { DocumentEdit } from './document-edit.ts';

type EnvEdit = Edit & { readonly kind: 'env' };

/** Edits of a container as edits of the document it stands in, at `path`. */
export function documentEdits(container: Container, edits: readonly Edit[], path: DocumentPath): readonly DocumentEdit[] {
  const image = edits.flatMap((edit): readonly DocumentEdit[] =>
    edit.kind === 'image' ? [{ kind: 'text', path: [...path, 'image'], value: edit.after }] : [],
  );
  const env = edits.flatMap((edit) => (edit.kind === 'env' ? envEdits(container, edit, [...path, 'env']) : []));
  const lists = (['command', 'args'] as const).flatMap((field) => {
    const together = edits.filter((edit): edit is ArgsEdit => edit.kind === 'args' && edit.field === field);
    return together.length === 0 ? [] : listEdits(container[field] ?? [], together, [...path, field]);
  });
  return [...image, ...keepOne(env, container, [...path, 'env']), ...lists];
}

function envEdits(container: Container, { name, after }: EnvEdit, path: DocumentPath): readonly DocumentEdit[] {
  const index = container.env?.findLastIndex((each) => each.name === name) ?? -1;
  const before = container.env?.[index];
  const at = [...path, index];
  if (!before) return after === null ? [] : [{ kind: 'append', path, item: { name, value: after.value ?? '' }, behind: 'image' }];
  if (after === null) return [{ kind: 'remove', path: at }];
  if (after.value === undefined) return before.value === undefined ? [] : [{ kind: 'remove', path: [...at, 'value'] }];
  if (before.value !== undefined) return [{ kind: 'text', path: [...at, 'value'], value: after.value }];
  if (before['valueFrom'] !== undefined) return [{ kind: 'member', path: [...at, 'valueFrom'], name: 'value', value: after.value }];
  return [
    { kind: 'remove', path: at },
    { kind: 'append', path, item: { name, value: after.value }, behind: 'image' },
  ];
}

/** Where every variable would go and others come, one of the new ones takes the place of an old one; where none comes, the list goes. */
function keepOne(edits: readonly DocumentEdit[], container: Container, path: DocumentPath): readonly DocumentEdit[] {
  const gone = edits.filter((edit) => edit.kind === 'remove' && edit.path.length === path.length + 1);
  if (gone.length === 0 || gone.length < (container.env?.length ?? 0)) return edits;
  const added = edits.find((edit) => edit.kind === 'append');
  const place = gone.find((edit) => container.env?.[Number(edit.path.at(-1))]?.value !== undefined)?.path;
  if (added?.kind !== 'append') return [{ kind: 'remove', path }];
  if (!place) return edits;
  const renamed = Object.entries(added.item).map(([member, value]): DocumentEdit => ({ kind: 'text', path: [...place, member], value }));
  return [...renamed, ...edits.filter((edit) => edit !== added && edit.path !== place)];
}

function listEdits(list: readonly string[], edits: readonly ArgsEdit[], path: DocumentPath): readonly DocumentEdit[] {
  if (editList(list, edits).length === 0) return [{ kind: 'remove', path }];
  return edits.map(({ index, after }): DocumentEdit =>
    after === null ? { kind: 'remove', path: [...path, index] } : { kind: 'text', path: [...path, index], value: after },
  );
}
