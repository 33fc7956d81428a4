import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, type Document, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { applyDocumentEdits, type DocumentEdit } from '../../core/convert/document-edit.ts';
import { sortSplices, spliceText } from '../../core/convert/splice-text.ts';
import type { Splice } from '../../core/image/raw-json.ts';
import type { Json } from '../../core/json.ts';
import type { DocumentPath } from '../../core/policy/placed-document.ts';
import type { EditedDocument, EditRefusal } from '../../ports/manifest-text.ts';
import { addList, appendItems, fillList, isEmptyValue, listIndent } from './edit-yaml-append.ts';
import { endOf, findPlace, keyText, startOf, type Place } from './edit-yaml-place.ts';
import { removeMembers } from './edit-yaml-remove.ts';
import { printText, replaceText, styleLike } from './edit-yaml-scalar.ts';

/** A document with its own text. */
export interface EditSource {
  readonly document: Document;
  readonly value: Json;
  readonly shared: ReadonlySet<Node>;
  readonly text: string;
  /** The value of an edited text; undefined where it is not valid. */
  readonly read: (text: string, madeFrom: string) => Json | undefined;
}

type Group = readonly DocumentEdit[];

/** Makes each group of edits whole or not at all, and reads the result again to prove it (see the port). */
export function editDocument(source: EditSource, groups: readonly Group[]): EditedDocument {
  const made = groups.map((group) => makeSplices(source, group));
  const together = proven(source, groups, made);
  if (together) return { splices: together, refused: made.map((each) => (typeof each === 'string' ? each : undefined)) };
  // One of them does not hold: each is then tried alone, and what holds must hold together.
  const alone = groups.map((group, index): readonly Splice[] | EditRefusal => {
    const splices = made[index] ?? 'form';
    return typeof splices === 'string' ? splices : proven(source, [group], [splices]) ? splices : 'form';
  });
  const kept = proven(source, groups, alone);
  return { splices: kept ?? [], refused: alone.map((each) => (typeof each === 'string' ? each : kept ? undefined : 'form')) };
}

function proven(source: EditSource, groups: readonly Group[], made: readonly (readonly Splice[] | EditRefusal)[]): readonly Splice[] | undefined {
  const { text, value } = source;
  const splices = sortSplices(made.flatMap((each) => (typeof each === 'string' ? [] : each)));
  if (!splices || splices.length === 0) return splices;
  const edits = groups.flatMap((group, index) => (typeof made[index] === 'string' ? [] : group));
  const read = source.read(spliceText(text, splices), text);
  return read !== undefined && isDeepStrictEqual(read, applyDocumentEdits(value, edits)) ? splices : undefined;
}

function makeSplices(source: EditSource, group: Group): readonly Splice[] | EditRefusal {
  const removed = removals(source, group);
  if (typeof removed === 'string') return removed;
  const splices: Splice[] = [...removed.splices];
  for (const edit of group) {
    const made =
      edit.kind === 'text'
        ? setText(source, edit)
        : edit.kind === 'member'
          ? replaceMember(source, edit)
          : edit.kind === 'append'
            ? append(source, group, edit, removed.gone)
            : [];
    if (typeof made === 'string') return made;
    splices.push(...made);
  }
  return splices;
}

/** Members and items of one collection go together, as commas and lines are shared between neighbours. */
function removals(source: EditSource, group: Group): { readonly splices: readonly Splice[]; readonly gone: ReadonlySet<unknown> } | EditRefusal {
  const positions = new Map<YAMLMap | YAMLSeq, number[]>();
  for (const edit of group.filter(({ kind }) => kind === 'remove')) {
    const place = placeOf(source, edit.path);
    if (typeof place === 'string') return place;
    const holder = place.holders.at(-1);
    if (!holder) return 'form';
    const position = isMap(holder) ? holder.items.indexOf(place.pair ?? ({} as Pair)) : Number(edit.path.at(-1));
    positions.set(holder, [...(positions.get(holder) ?? []), position]);
  }
  const splices = [...positions].map(([holder, gone]) => removeMembers(holder, gone, source.text));
  const gone = new Set([...positions].flatMap(([holder, all]) => all.map((position): unknown => holder.items[position])));
  return splices.every((each) => each !== undefined) ? { splices: splices.flat(), gone } : 'form';
}

function setText(source: EditSource, edit: DocumentEdit & { readonly kind: 'text' }): readonly Splice[] | EditRefusal {
  const place = placeOf(source, edit.path);
  if (typeof place === 'string') return place;
  return (isScalar(place.node) && replaceText(place.node, edit.value, place.inFlow)) || 'form';
}

function replaceMember(source: EditSource, edit: DocumentEdit & { readonly kind: 'member' }): readonly Splice[] | EditRefusal {
  const place = placeOf(source, edit.path);
  if (typeof place === 'string') return place;
  const { pair } = place;
  if (!pair || !isScalar(pair.key)) return 'form';
  const start = startOf(pair);
  const text = `${printText(edit.name, styleLike(pair.key))}: ${printText(edit.value, place.inFlow ? 'double' : 'plain')}`;
  return [{ start, length: endOf(pair, source.text) - start, text }];
}

/** The first edit that appends to a list writes the items of all of them. */
function append(
  source: EditSource,
  group: Group,
  edit: DocumentEdit & { readonly kind: 'append' },
  gone: ReadonlySet<unknown>,
): readonly Splice[] | EditRefusal {
  const { document, shared, text } = source;
  const together = group.filter((each) => each.kind === 'append' && samePath(each.path, edit.path)) as readonly (typeof edit)[];
  if (together[0] !== edit) return [];
  const items = together.map((each) => each.item);
  const found = findPlace(document, edit.path, shared);
  if (found.kind === 'shared') return 'shared';
  const indent = listIndent(found.holders, text);
  if (found.kind === 'found') {
    if (isSeq(found.node) && (found.node.items.length > 0 || found.node.flow === true)) return some(appendItems(found.node, items, { text, gone }));
    return found.pair && !found.inFlow && isEmptyValue(found.node) ? [fillList(found.pair, { items, indent }, text)] : 'form';
  }
  const holder = found.holders.at(-1);
  if (found.depth < edit.path.length - 1 || !isMap(holder)) return 'form';
  const behind = holder.items.find((pair) => keyText(pair) === edit.behind) ?? holder.items.at(-1);
  return behind ? some(addList(holder, { name: String(edit.path.at(-1)), behind, items, indent }, text)) : 'form';
}

function placeOf({ document, shared }: EditSource, path: DocumentPath): Place | EditRefusal {
  const found = findPlace(document, path, shared);
  return found.kind === 'found' ? found : found.kind === 'shared' ? 'shared' : 'form';
}

function samePath(a: DocumentPath, b: DocumentPath): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

function some(splice: Splice | undefined): readonly Splice[] | EditRefusal {
  return splice ? [splice] : 'form';
}
