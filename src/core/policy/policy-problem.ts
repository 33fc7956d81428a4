import { ChangeoverError } from '../error.ts';
import { isJsonObject } from '../json.ts';
import { closestName } from './closest-name.ts';
import type { DocumentPath, Place, PlacedDocument } from './placed-document.ts';

/** One thing wrong with a policy file, at a path of the document. */
export interface PolicyProblem {
  readonly path: DocumentPath;
  readonly message: string;
}

/** What a validator found: the members of a zod issue that messages are made from. */
export interface ValidationIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly input?: unknown;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly ValidationIssue[])[];
  readonly issues?: readonly ValidationIssue[];
}

/** The problems an issue stands for: one per unknown field, the best branch of a union, the reason a name is refused. */
export function problemsOf(issue: ValidationIssue, knownFields: (path: DocumentPath) => readonly string[]): readonly PolicyProblem[] {
  const path = issue.path.map((each) => (typeof each === 'number' ? each : String(each)));
  const inside = (nested: ValidationIssue): readonly PolicyProblem[] => problemsOf({ ...nested, path: [...issue.path, ...nested.path] }, knownFields);
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(path);
    return (issue.keys ?? []).map((key) => ({ path: [...path, key], message: unknownField(key, known) }));
  }
  if (issue.code === 'invalid_key') return (issue.issues ?? []).flatMap(inside);
  const branch = issue.errors?.find((errors) => !errors.some((nested) => nested.code === 'invalid_type' && nested.path.length === 0));
  if (branch) return branch.flatMap(inside);
  return [{ path, message: issue.message }];
}

/** Text for a value of the wrong form, for what schemas do not say themselves. */
export function describeIssue(issue: { readonly code?: string | undefined; readonly input?: unknown; readonly [key: string]: unknown }): string | undefined {
  const { input } = issue;
  const list = issue['origin'] === 'array' || issue['origin'] === 'string';
  switch (issue.code) {
    case 'invalid_type':
      if (input === undefined) return 'is required';
      return input === null ? 'is empty: give it a value or remove the line' : `must be ${nameOfType(String(issue['expected']))}, is ${nameOfValue(input)}`;
    case 'invalid_value': {
      const values = (issue['values'] as readonly unknown[]).map(String).join(' or ');
      return input === undefined ? `is required: ${values}` : `must be ${values}, is ${nameOfValue(input)}`;
    }
    case 'too_small':
      return list ? 'must not be empty' : `must be at least ${String(issue['minimum'])}, is ${nameOfValue(input)}`;
    case 'too_big':
      return `must be at most ${String(issue['maximum'])}`;
    default:
      return undefined;
  }
}

/** One `invalid-file` error that lists every problem with file, line and column, in the order of the file. */
export function invalidPolicy(
  problems: readonly PolicyProblem[],
  place: { readonly file: string; readonly position: PlacedDocument['position'] },
): ChangeoverError {
  const placed = problems.map((problem) => ({ ...problem, at: nearest(problem.path, place.position) }));
  placed.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0));
  const where = (at: Place | undefined): string => (at ? `${place.file}:${at.line}:${at.column}` : place.file);
  const lines = placed.map(({ at, path, message }) => `${where(at)}: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`);
  const [first] = placed;
  const text = lines.length === 1 ? lines.join('') : `${place.file} has ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new ChangeoverError('invalid-file', text, {
    target: where(first?.at),
    hint: 'Correct the policy file and run the command again; docs/spec/policy.md lists every field.',
  });
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = closestName(key, known);
  if (meant !== undefined) return `unknown field; did you mean "${meant}"?`;
  return known.length === 0 ? 'unknown field' : `unknown field; known here: ${known.join(', ')}`;
}

/** A missing field has no place of its own: its parent's is shown. */
function nearest(path: DocumentPath, position: PlacedDocument['position']): Place | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = position(path.slice(0, length));
    if (found) return found;
  }
  return undefined;
}

function pathText(path: DocumentPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${nameText(step)}`)).join('');
}

function nameText(name: string): string {
  return /^[\w-]+$/.test(name) ? name : `"${name}"`;
}

function nameOfType(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'text',
    boolean: 'true or false',
    int: 'a whole number',
    number: 'a number',
  };
  return names[expected] ?? expected;
}

function nameOfValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isJsonObject(value)) return 'a mapping';
  return JSON.stringify(value).slice(0, 60);
}
