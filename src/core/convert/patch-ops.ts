import { isJsonObject, type Json } from '../json.ts';
import type { DocumentPath } from '../policy/placed-document.ts';
import { pointer, type JsonPatchOp } from '../workload/json-patch.ts';
import type { DocumentEdit } from './document-edit.ts';

/**
 * The edits of one object as a JSON patch (RFC 6902). Every old value is tested first, so that the patch fails, and says
 * so, where the manifest has moved on: a new tag is never silently replaced by the rewriting of an old image.
 */
export function patchOps(object: Json, objectPath: DocumentPath, edits: readonly DocumentEdit[]): readonly JsonPatchOp[] {
  const here = edits.map((edit) => ({ edit, path: edit.path.slice(objectPath.length) }));
  const old = (path: DocumentPath): Json | undefined => path.reduce<Json | undefined>((value, step) => memberOf(value, step), object);
  const tests = new Map(
    here.flatMap(({ edit, path }) => [containerName(path), ...(edit.kind === 'append' ? [] : [path])]).map((path) => [pointer(...path), old(path) ?? null]),
  );
  const texts = here.flatMap(({ edit, path }): readonly JsonPatchOp[] =>
    edit.kind === 'text' ? [{ op: 'replace', path: pointer(...path), value: edit.value }] : [],
  );
  const members = here.flatMap(({ edit, path }): readonly JsonPatchOp[] =>
    edit.kind === 'member' ? [{ op: 'add', path: pointer(...path.slice(0, -1), edit.name), value: edit.value }] : [],
  );
  const removed = here.filter(({ edit }) => edit.kind === 'remove' || edit.kind === 'member').map(({ path }) => path);
  // Members before items, and items from the back: what is removed first moves nothing that is removed later.
  const named = removed.filter((path) => typeof path.at(-1) === 'string');
  const items = removed.filter((path) => typeof path.at(-1) === 'number').toSorted((a, b) => Number(b.at(-1)) - Number(a.at(-1)));
  return [
    ...[...tests].map(([path, value]): JsonPatchOp => ({ op: 'test', path, value })),
    ...texts,
    ...members,
    ...[...named, ...items].map((path): JsonPatchOp => ({ op: 'remove', path: pointer(...path) })),
    ...additions(here, old),
  ];
}

/** The name of the container a path leads into: positions count, so it must still be that one. */
function containerName(path: DocumentPath): DocumentPath {
  return [...path.slice(0, path.lastIndexOf('containers') + 2), 'name'];
}

function additions(
  here: readonly { readonly edit: DocumentEdit; readonly path: DocumentPath }[],
  old: (path: DocumentPath) => Json | undefined,
): readonly JsonPatchOp[] {
  const made = new Set<string>();
  return here.flatMap(({ edit, path }): readonly JsonPatchOp[] => {
    if (edit.kind !== 'append') return [];
    const list = pointer(...path);
    if (Array.isArray(old(path)) || made.has(list)) return [{ op: 'add', path: `${list}/-`, value: edit.item }];
    made.add(list);
    return [{ op: 'add', path: list, value: [edit.item] }];
  });
}

function memberOf(value: Json | undefined, step: string | number): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[])[Number(step)];
  return isJsonObject(value) ? value[String(step)] : undefined;
}
