import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { DocumentPath } from '../policy/placed-document.ts';

/** A change of one place in a document, named by its path in the document as it was. */
export type DocumentEdit =
  /** A string gets another text. */
  | { readonly kind: 'text'; readonly path: DocumentPath; readonly value: string }
  /** A list's item or a member goes. */
  | { readonly kind: 'remove'; readonly path: DocumentPath }
  /** A member gets another name and a string as its value. */
  | { readonly kind: 'member'; readonly path: DocumentPath; readonly name: string; readonly value: string }
  /** A list gets one more item; where there is no list yet, one is made, behind the member `behind`. */
  | { readonly kind: 'append'; readonly path: DocumentPath; readonly item: FlatItem; readonly behind: string };

/** A new item: names with their texts, in order. */
export interface FlatItem {
  readonly [name: string]: string;
}

/** The value that a document has once these edits are made. Paths that are not there are an error of ours. */
export function applyDocumentEdits(value: Json, edits: readonly DocumentEdit[]): Json {
  return editValue(
    value,
    edits.map((edit) => ({ edit, rest: edit.path })),
  );
}

interface Step {
  readonly edit: DocumentEdit;
  readonly rest: DocumentPath;
}

function editValue(value: Json | undefined, steps: readonly Step[]): Json {
  const appended = steps.flatMap(({ edit, rest }) => (rest.length === 0 && edit.kind === 'append' ? [edit.item] : []));
  if (appended.length > 0) {
    const others = steps.filter(({ rest }) => rest.length > 0);
    return [...(Array.isArray(value) ? (editValue(value as Json, others) as readonly Json[]) : []), ...appended];
  }
  const text = steps.find(({ edit, rest }) => rest.length === 0 && edit.kind === 'text');
  if (text?.edit.kind === 'text') return text.edit.value;
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, index) => editMember(item, index, steps).map(([, after]) => after));
  if (!isJsonObject(value)) throw new Error(`no place for ${steps.map(({ edit }) => edit.path.join('.')).join(', ')}`);
  const missing = steps.filter(({ rest }) => value[String(rest[0])] === undefined).map(({ rest }) => String(rest[0]));
  const members = Object.entries({ ...value, ...Object.fromEntries(missing.map((key) => [key, undefined])) });
  return Object.fromEntries(members.flatMap(([key, member]) => editMember(member, key, steps))) satisfies JsonObject;
}

function editMember(value: Json | undefined, key: string | number, steps: readonly Step[]): readonly (readonly [string, Json])[] {
  const here = steps.filter(({ rest }) => rest[0] === key).map(({ edit, rest }) => ({ edit, rest: rest.slice(1) }));
  const last = here.find(({ edit, rest }) => rest.length === 0 && edit.kind !== 'append' && edit.kind !== 'text')?.edit;
  if (last?.kind === 'remove') return [];
  if (last?.kind === 'member') return [[last.name, last.value]];
  return here.length === 0 ? [[String(key), value ?? null]] : [[String(key), editValue(value, here)]];
}
