import { isMap, type CST, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Splice } from '../../core/image/raw-json.ts';
import { endOf, lineEnd, lineStart, startOf } from './edit-yaml-place.ts';

/**
 * Takes members or items out of a collection, by their positions: whole lines in block style (a comment behind goes with
 * its item, lines above it stay), the item with one comma in flow style. Undefined where it is written in a way we do not
 * edit, or where nothing would be left.
 */
export function removeMembers(holder: YAMLMap | YAMLSeq, positions: readonly number[], text: string): readonly Splice[] | undefined {
  const gone = [...new Set(positions)].sort((a, b) => a - b);
  if (gone.length >= holder.items.length || !holder.srcToken) return undefined;
  if (holder.flow === true) return runs(gone).map(([first, last]) => removeRun(holder, { first, last }, text));
  const splices = gone.map((position) => removeLines(holder, position, text));
  return splices.every((splice) => splice !== undefined) ? splices : undefined;
}

function removeLines(holder: YAMLMap | YAMLSeq, position: number, text: string): Splice | undefined {
  const item = holder.items[position];
  const start = isMap(holder) ? startOf(item) : dashOf(holder, position);
  if (start === undefined || item === undefined || item === null) return undefined;
  const end = lineEnd(text, Math.max(endOf(item, text), start));
  const line = lineStart(text, start);
  const behind = afterLineBreak(text, end);
  if (text.slice(line, start).trim() === '') {
    // The last line of a text without a line break at its end takes the one before it along.
    const from = behind === end ? beforeLineBreak(text, line) : line;
    return { start: from, length: behind - from, text: '' };
  }
  // The first member stands behind the dash of its item: the next one moves up to it.
  if (!isMap(holder) || position > 0 || behind === end) return undefined;
  const indent = /^ */.exec(text.slice(behind))?.[0].length ?? 0;
  return { start, length: behind + indent - start, text: '' };
}

/** Where the dash of an item of a block sequence stands. */
export function dashOf(holder: YAMLMap | YAMLSeq, position: number): number | undefined {
  const item = (holder.srcToken as CST.BlockSequence | undefined)?.items[position];
  return item?.start.find((token) => token.type === 'seq-item-ind')?.offset;
}

interface Run {
  readonly first: number;
  readonly last: number;
}

function runs(positions: readonly number[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const position of positions) {
    const open = found.at(-1);
    if (open && open[1] === position - 1) open[1] = position;
    else found.push([position, position]);
  }
  return found;
}

function removeRun(holder: YAMLMap | YAMLSeq, { first, last }: Run, text: string): Splice {
  const start = startOf(holder.items[first]);
  const end = endOf(holder.items[last], text);
  const comma = commaBefore(holder, last + 1);
  const isAlone = text.slice(lineStart(text, start), start).trim() === '';
  const rest = comma === undefined ? end : comma + 1;
  const restOfLine = text.slice(rest, lineEnd(text, rest)).trim();
  if (isAlone && (restOfLine === '' || restOfLine.startsWith('#')) && (comma !== undefined || isComment(holder, first, text)))
    return cut(lineStart(text, start), afterLineBreak(text, lineEnd(text, rest)));
  if (last + 1 < holder.items.length) return cut(start, startOf(holder.items[last + 1]));
  return first === 0 || isComment(holder, first, text) ? cut(start, end) : cut(endOf(holder.items[first - 1], text), end);
}

/** A comment between an item and the one before it stays, with the comma before it. */
function isComment(holder: YAMLMap | YAMLSeq, position: number, text: string): boolean {
  return position > 0 && text.slice(endOf(holder.items[position - 1], text), startOf(holder.items[position])).includes('#');
}

/** The comma in front of a flow collection's item, or behind its last one. */
function commaBefore(holder: YAMLMap | YAMLSeq, position: number): number | undefined {
  const item = (holder.srcToken as CST.FlowCollection | undefined)?.items[position];
  return item?.start.find((token) => token.type === 'comma')?.offset;
}

function cut(start: number, end: number): Splice {
  return { start, length: end - start, text: '' };
}

function afterLineBreak(text: string, end: number): number {
  return text.startsWith('\r\n', end) ? end + 2 : text.startsWith('\n', end) ? end + 1 : end;
}

function beforeLineBreak(text: string, start: number): number {
  if (text.charAt(start - 1) !== '\n') return start;
  return text.charAt(start - 2) === '\r' ? start - 2 : start - 1;
}
