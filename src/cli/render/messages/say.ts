import type { Json, JsonObject } from '../../../core/json.ts';
import { printable } from '../printable.ts';

/** Reads a parameter as printable text; empty where it is missing. */
export type Params = (name: string) => string;

/** Texts of one closed list of ids. Here and nowhere else ids become words. */
export type Texts = { readonly [id: string]: (p: Params) => string };

/** The text of an id; an id without one (a newer plan or record) shows itself with its parameters. */
export function say(texts: Texts, id: string, params: JsonObject): string {
  const text = Object.hasOwn(texts, id) ? texts[id] : undefined;
  if (text) return text((name) => show(params[name]));
  const shown = Object.keys(params).map((name) => `${name}=${show(params[name])}`);
  return shown.length === 0 ? id : `${id} (${shown.join(', ')})`;
}

/** `before` + text + `after`, or nothing where the text is empty. */
export function around(before: string, text: string, after = ''): string {
  return text === '' ? '' : `${before}${text}${after}`;
}

/** `1 pod`, `3 pods`. */
export function count(number: number | string, one: string, many = `${one}s`): string {
  return `${number} ${Number(number) === 1 ? one : many}`;
}

function show(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((each: Json) => show(each)).join(', ');
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
