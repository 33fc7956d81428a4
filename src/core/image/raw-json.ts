import { ChangeoverError } from '../error.ts';
import type { Json } from '../json.ts';

/** Member names and array positions from the root down. */
export type JsonPath = readonly (string | number)[];

/** `set` replaces or adds (a position equal to the array's length appends); `remove` of what is not there does nothing. */
export type JsonEdit = { readonly kind: 'set'; readonly path: JsonPath; readonly value: Json } | { readonly kind: 'remove'; readonly path: JsonPath };

/** One replacement in a text: `length` characters from `start` become `text`. */
export interface Splice {
  readonly start: number;
  readonly length: number;
  readonly text: string;
}

/**
 * Edits members of a JSON text and keeps every other character: unknown members, their order, white space, escapes, numbers beyond 2^53.
 * Parents that are missing or null become objects; new members go to the end, in compact form.
 * Throws `unsupported` when the text is not JSON, when a member on the way appears twice (readers disagree which one counts),
 * or when a path leads through something that is neither object nor array.
 */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  return applySplices(text, spliceJson(text, edits));
}

/** The replacements `editJson` would make, in order; each refers to the text as the ones before it left it. */
export function spliceJson(text: string, edits: readonly JsonEdit[]): readonly Splice[] {
  assertJson(text);
  const splices: Splice[] = [];
  let current = text;
  for (const edit of edits) {
    const splice = edit.kind === 'set' ? spliceSet(current, edit.path, edit.value) : spliceRemove(current, edit.path);
    if (splice === undefined) continue;
    splices.push(splice);
    current = applySplices(current, [splice]);
  }
  return splices;
}

/** Applies replacements one after the other. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  return splices.reduce((result, { start, length, text: insert }) => result.slice(0, start) + insert + result.slice(start + length), text);
}

/** The replacements that lead back from `applySplices(text, splices)` to the text. */
export function invertSplices(text: string, splices: readonly Splice[]): readonly Splice[] {
  let current = text;
  const inverse = splices.map((splice) => {
    const removed = current.slice(splice.start, splice.start + splice.length);
    current = applySplices(current, [splice]);
    return { start: splice.start, length: splice.text.length, text: removed };
  });
  return inverse.reverse();
}

function assertJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new ChangeoverError('unsupported', `not a JSON document: ${(cause as Error).message}`, { cause });
  }
}

/** A value's place: [start, end) of its text, and of its key where it is an object's member. */
interface Slot {
  readonly key: string | number;
  readonly outerStart: number;
  readonly start: number;
  readonly end: number;
}

function spliceSet(text: string, path: JsonPath, value: Json): Splice {
  const { parent, depth } = findDeepest(text, path);
  if (depth === path.length) return { start: parent.start, length: parent.end - parent.start, text: JSON.stringify(value) };

  const inner = path.slice(depth + 1).reduceRight<Json>((child, key) => wrap(key, child, path), value);
  const key = path[depth] ?? '';
  const open = text[parent.start];
  if (text.slice(parent.start, parent.end) === 'null') return { start: parent.start, length: 4, text: JSON.stringify(wrap(key, inner, path)) };

  const slots = listSlots(text, parent.start);
  if (open === '[' && key !== slots.length) throw unreachablePath(path);
  const member = open === '[' ? JSON.stringify(inner) : `${JSON.stringify(key)}:${JSON.stringify(inner)}`;
  const last = slots.at(-1);
  return last === undefined ? { start: parent.start + 1, length: 0, text: member } : { start: last.end, length: 0, text: `,${member}` };
}

function spliceRemove(text: string, path: JsonPath): Splice | undefined {
  const { parent, depth } = findDeepest(text, path.slice(0, -1));
  if (depth < path.length - 1 || !isContainer(text, parent)) return undefined;
  const slot = findSlot(text, parent, path.at(-1) ?? '');
  if (slot === undefined) return undefined;
  const slots = listSlots(text, parent.start);
  const index = slots.findIndex(({ start }) => start === slot.start);
  const before = slots[index - 1];
  const after = slots[index + 1];
  const start = before?.end ?? slot.outerStart;
  const end = before === undefined && after !== undefined ? after.outerStart : slot.end;
  return { start, length: end - start, text: '' };
}

/** Follows the path as far as it exists; `depth` counts the steps that were found. */
function findDeepest(text: string, path: JsonPath): { parent: Slot; depth: number } {
  const start = skipSpace(text, 0);
  let parent: Slot = { key: '', outerStart: start, start, end: skipValue(text, start) };
  for (const [depth, key] of path.entries()) {
    if (text.slice(parent.start, parent.end) === 'null') return { parent, depth };
    if (!isContainer(text, parent)) throw unreachablePath(path);
    if ((text[parent.start] === '[') !== (typeof key === 'number')) throw unreachablePath(path);
    const slot = findSlot(text, parent, key);
    if (slot === undefined) return { parent, depth };
    parent = slot;
  }
  return { parent, depth: path.length };
}

function findSlot(text: string, parent: Slot, key: string | number): Slot | undefined {
  const found = listSlots(text, parent.start).filter((slot) => slot.key === key);
  if (found.length > 1)
    throw new ChangeoverError('unsupported', `the JSON member "${key}" appears ${found.length} times in one object, and readers disagree which one counts`);
  return found[0];
}

/** Members of the object, or elements of the array, that starts at `start`. The text is known to be JSON. */
function listSlots(text: string, start: number): readonly Slot[] {
  const isArray = text[start] === '[';
  const slots: Slot[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== ']' && text[at] !== '}') {
    const outerStart = at;
    let key: string | number = slots.length;
    if (!isArray) {
      const keyEnd = skipString(text, at);
      key = JSON.parse(text.slice(at, keyEnd)) as string;
      at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    }
    const end = skipValue(text, at);
    slots.push({ key, outerStart, start: at, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return slots;
}

function skipValue(text: string, start: number): number {
  if (text[start] === '"') return skipString(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = skipString(text, at) - 1;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (char === ',' || isSpace(char))) return at;
  }
  return text.length;
}

function skipString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text[at])) at++;
  return at;
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t';
}

function isContainer(text: string, slot: Slot): boolean {
  return text[slot.start] === '{' || text[slot.start] === '[';
}

/** An object with one member; `fromEntries`, since assigning `__proto__` would set the prototype. */
function wrap(key: string | number, value: Json, path: JsonPath): Json {
  if (typeof key === 'string') return Object.fromEntries([[key, value]]);
  if (key === 0) return [value];
  throw unreachablePath(path);
}

function unreachablePath(path: JsonPath): ChangeoverError {
  return new ChangeoverError('unsupported', `the JSON document has no place for ${path.join('.')}`);
}
