import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { DocumentPath } from '../../core/policy/placed-document.ts';

/** A node with what holds it, from the root down. */
export interface Place {
  readonly kind: 'found';
  readonly node: Node | undefined;
  readonly pair?: Pair;
  readonly holders: readonly (YAMLMap | YAMLSeq)[];
  /** Inside `{}` or `[]`. */
  readonly inFlow: boolean;
}

/** `missing`: the holders are those of the part that is there, `depth` steps of the path. */
export type Found = Place | { readonly kind: 'missing'; readonly holders: Place['holders']; readonly depth: number } | { readonly kind: 'shared' };

/** Follows a path by its own nodes alone: what is reached through an alias, a merge key or an anchor in use is `shared`. */
export function findPlace(document: Document, path: DocumentPath, shared: ReadonlySet<Node>): Found {
  const holders: (YAMLMap | YAMLSeq)[] = [];
  let node: Node | undefined = document.contents ?? undefined;
  let pair: Pair | undefined;
  for (const [depth, step] of path.entries()) {
    if (isShared(node, shared)) return { kind: 'shared' };
    if (!isMap(node) && !isSeq(node)) return { kind: 'missing', holders, depth };
    holders.push(node);
    pair = isMap(node) ? node.items.find((each) => keyText(each) === String(step)) : undefined;
    if (isMap(node) && !pair) return node.items.some((each) => keyText(each) === '<<') ? { kind: 'shared' } : { kind: 'missing', holders, depth };
    node = (pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined) as Node | undefined;
  }
  if (isShared(node, shared)) return { kind: 'shared' };
  return { kind: 'found', node, ...(pair ? { pair } : {}), holders, inFlow: holders.some((holder) => holder.flow === true) };
}

/** A key as text. */
export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** Where a pair's key, or any other node, begins. */
export function startOf(node: unknown): number {
  const holder = node as Pair & Node;
  const range = (holder.key as Node | undefined)?.range ?? holder.range;
  if (!range) throw new Error('a node without its place');
  return range[0];
}

/** Where the content of a node, or of a pair, ends: line breaks, comments behind it, and members that are about to go are not counted. */
export function endOf(node: unknown, text: string, gone?: ReadonlySet<unknown>): number {
  const { key, value } = node as Partial<Pair>;
  if (isScalar(key)) return value && (value as Node).range && hasText(value as Node) ? endOf(value, text, gone) : colonAfter(key, text);
  if ((isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0)
    return endOf(
      node.items.findLast((each) => !gone?.has(each)),
      text,
      gone,
    );
  let end = (node as Node).range?.[1] ?? 0;
  while (end > 0 && /\s/.test(text.charAt(end - 1))) end -= 1;
  return end;
}

/** Start of the line a place is in. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** End of the line a place is in, its line break not counted. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text.charAt(end - 1) === '\r' && end > at ? end - 1 : end;
}

/** The line break that ends the line of a place, or the one before it at the end of the text. */
export function lineBreakAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  const known = end >= 0 ? end : text.lastIndexOf('\n', at);
  return known > 0 && text.charAt(known - 1) === '\r' ? '\r\n' : '\n';
}

function hasText(node: Node): boolean {
  return !node.range || node.range[1] > node.range[0];
}

function colonAfter(key: Node, text: string): number {
  const colon = text.indexOf(':', key.range?.[1] ?? 0);
  return colon + 1;
}

function isShared(node: Node | undefined, shared: ReadonlySet<Node>): boolean {
  return node !== undefined && (isAlias(node) || shared.has(node));
}
