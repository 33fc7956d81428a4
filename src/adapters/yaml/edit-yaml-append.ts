import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { FlatItem } from '../../core/convert/document-edit.ts';
import type { Splice } from '../../core/image/raw-json.ts';
import { endOf, keyText, lineBreakAt, lineEnd, lineStart, startOf } from './edit-yaml-place.ts';
import { dashOf } from './edit-yaml-remove.ts';
import { printText, styleLike } from './edit-yaml-scalar.ts';

type TextStyle = ReturnType<typeof styleLike>;

/** How new members are written: like those around them. */
interface Looks {
  readonly key: TextStyle;
  /** Of a member's value, by the member's name. */
  readonly values: { readonly [name: string]: TextStyle };
  /** Behind the colon. */
  readonly gap: string;
}

/** Adds items to the end of a list, written as its last one is: a line for each member, or in one line. `gone`: items and members that are removed as well. */
export function appendItems(
  list: YAMLSeq,
  items: readonly FlatItem[],
  { text, gone }: { readonly text: string; readonly gone: ReadonlySet<unknown> },
): Splice | undefined {
  const position = list.items.findLastIndex((item) => !gone.has(item));
  const last = list.items[position] as Node | undefined;
  if (list.flow === true) return appendInFlow(list, items, { text, last });
  const dash = dashOf(list, position);
  if (last === undefined || dash === undefined) return undefined;
  const at = lineEnd(text, endOf(last, text, gone));
  const lineBreak = lineBreakAt(text, dash);
  const indent = text.slice(lineStart(text, dash), dash);
  if (indent.trim() !== '') return undefined;
  if (!isMap(last) || last.flow === true)
    return { start: at, length: 0, text: items.map((item) => `${lineBreak}${indent}- ${flowItem(item, last, text)}`).join('') };
  const bullet = text.slice(dash, startOf(last));
  if (!/^- +$/.test(bullet)) return undefined;
  return { start: at, length: 0, text: items.map((item) => lineBreak + blockItem(item, { indent, bullet, lineBreak, looks: looksOf(last, text) })).join('') };
}

/** Makes a list as a new member of a mapping, behind another member. */
export function addList(
  holder: YAMLMap,
  list: { readonly name: string; readonly behind: Pair; readonly items: readonly FlatItem[]; readonly indent: number },
  text: string,
): Splice | undefined {
  const { name, behind, items, indent } = list;
  const looks = looksOf(holder, text);
  const end = endOf(behind, text);
  if (holder.flow === true) {
    const key = startOf(behind);
    const space = spaceBefore(text, key) || looks.gap;
    return {
      start: end,
      length: 0,
      text: `,${space}${printText(name, looks.key)}:${looks.gap}[${items.map((item) => flowItem(item, undefined, text, looks)).join(`,${looks.gap}`)}]`,
    };
  }
  const at = lineEnd(text, end);
  const lineBreak = lineBreakAt(text, startOf(behind));
  const left = column(startOf(behind), text);
  const lines = items.map((item) => blockItem(item, { indent: ' '.repeat(left + indent), bullet: '- ', lineBreak, looks }));
  return { start: at, length: 0, text: [`${lineBreak}${' '.repeat(left)}${printText(name, looks.key)}:`, ...lines].join(lineBreak) };
}

/** Fills a list that is written as a member without a value. */
export function fillList(pair: Pair, list: { readonly items: readonly FlatItem[]; readonly indent: number }, text: string): Splice {
  const at = lineEnd(text, endOf(pair, text));
  const lineBreak = lineBreakAt(text, startOf(pair));
  const indent = ' '.repeat(column(startOf(pair), text) + list.indent);
  const looks: Looks = { key: 'plain', values: {}, gap: ' ' };
  return { start: at, length: 0, text: list.items.map((item) => lineBreak + blockItem(item, { indent, bullet: '- ', lineBreak, looks })).join('') };
}

function appendInFlow(list: YAMLSeq, items: readonly FlatItem[], { text, last }: { readonly text: string; readonly last: Node | undefined }): Splice {
  const open = (list.range?.[0] ?? 0) + 1;
  const looks = looksOf(last, text);
  if (last === undefined) return { start: open, length: 0, text: items.map((item) => flowItem(item, undefined, text, looks)).join(', ') };
  const start = startOf(last);
  const own = spaceBefore(text, start) ?? ' ';
  const gap = own === '' && list.items.length === 1 ? looks.gap : own;
  return { start: endOf(last, text), length: 0, text: items.map((item) => `,${gap}${flowItem(item, last, text)}`).join('') };
}

function blockItem(item: FlatItem, layout: { readonly indent: string; readonly bullet: string; readonly lineBreak: string; readonly looks: Looks }): string {
  const { indent, bullet, lineBreak, looks } = layout;
  const members = Object.entries(item).map(([name, value]) => `${printText(name, looks.key)}: ${printText(value, looks.values[name] ?? 'plain')}`);
  return indent + bullet + members.join(`${lineBreak}${indent}${' '.repeat(bullet.length)}`);
}

/** In one line, or with the line breaks of a sibling in flow style. */
function flowItem(item: FlatItem, sibling: Node | undefined, text: string, given?: Looks): string {
  const looks = given ?? looksOf(sibling, text);
  const members = Object.entries(item).map(
    ([name, value]) => `${printText(name, looks.key)}:${looks.gap}${printText(value, looks.values[name] ?? (name === 'name' ? looks.key : 'double'))}`,
  );
  const first = isMap(sibling) && sibling.flow === true ? sibling.items[0] : undefined;
  const last = isMap(sibling) && sibling.flow === true ? sibling.items.at(-1) : undefined;
  const opening = first ? text.slice((sibling?.range?.[0] ?? 0) + 1, startOf(first)) : '';
  const closing = last ? text.slice(endOf(last, text), (sibling?.range?.[1] ?? 1) - 1) : '';
  if ((opening + closing).trim() !== '') return `{${members.join(', ')}}`;
  const between = opening.includes('\n') ? opening : looks.gap;
  return `{${opening}${members.join(`,${between}`)}${closing}}`;
}

function looksOf(sibling: Node | undefined, text: string): Looks {
  const pairs = isMap(sibling) ? sibling.items : [];
  const [first] = pairs;
  const key = isScalar(first?.key) ? styleLike(first.key) : 'plain';
  const values = Object.fromEntries(pairs.flatMap((pair) => (isScalar(pair.value) ? [[keyText(pair), styleLike(pair.value)]] : [])));
  const behindKey = isScalar(first?.key) ? (first.key.range?.[1] ?? 0) : 0;
  return { key, values, gap: first && /^:\S/.test(text.slice(behindKey, behindKey + 2)) ? '' : ' ' };
}

/** How much deeper lists stand than the members that hold them, as the innermost one around shows. */
export function listIndent(holders: readonly (YAMLMap | YAMLSeq)[], text: string): number {
  const at = holders.findLastIndex((holder, index) => isSeq(holder) && holder.flow !== true && isMap(holders[index - 1]));
  const dash = at < 0 ? undefined : dashOf(holders[at] as YAMLSeq, 0);
  const pair = (holders[at - 1] as YAMLMap | undefined)?.items.find((each) => each.value === holders[at]);
  return dash === undefined || !pair ? 2 : column(dash, text) - column(startOf(pair), text);
}

/** Whether a node is a list without a value (`env:`). */
export function isEmptyValue(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && node.range !== undefined && node.range !== null && node.range[0] === node.range[1]);
}

/** White space between a flow collection's member and the comma or bracket before it; undefined where a comment is. */
function spaceBefore(text: string, at: number): string | undefined {
  let start = at;
  while (start > 0 && /\s/.test(text.charAt(start - 1))) start -= 1;
  return /[,[{]/.test(text.charAt(start - 1)) ? text.slice(start, at) : undefined;
}

function column(at: number, text: string): number {
  return at - lineStart(text, at);
}
