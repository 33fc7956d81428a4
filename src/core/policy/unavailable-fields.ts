import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { parseDuration } from './duration.ts';
import type { PolicyProblem } from './policy-problem.ts';

/** Fields of the policy whose part is not built yet. They are refused by name, unless their value asks for nothing. */
const UNAVAILABLE: readonly (readonly string[])[] = [
];

/** The document without the fields that are not built yet, and a problem for each that asked for something. */
export function takeUnavailable(document: Json): { readonly rest: Json; readonly problems: readonly PolicyProblem[] } {
  let rest = document;
  const problems: PolicyProblem[] = [];
  for (const path of UNAVAILABLE) {
    const value = valueAt(document, path);
    if (value === undefined) continue;
    if (!asksForNothing(value)) problems.push({ path, message: 'not available in this version' });
    rest = without(rest, path);
  }
  return { rest, problems };
}

/** `false`, `0s`, `[]`, and mappings of nothing else (or zeros): the feature is switched off. */
function asksForNothing(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.values(value).every((member) => member === undefined || member === 0 || asksForNothing(member));
  return value === false || (typeof value === 'string' && parseDuration(value) === 0);
}

function valueAt(document: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const name of path) value = isJsonObject(value) ? value[name] : undefined;
  return value;
}

function without(value: Json, [name = '', ...below]: readonly string[]): Json {
  if (!isJsonObject(value)) return value;
  const { [name]: member, ...rest } = value;
  if (below.length === 0 || member === undefined) return rest satisfies JsonObject;
  return { ...value, [name]: without(member, below) };
}
