import { ChangeoverError } from '../../core/error.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';

type Test = (object: KubeObject) => boolean;

/** A label selector (`a=b,c!=d,e in (x,y),f,!g`) as a predicate. Throws `refused` on what the API server would not parse. */
export function labelSelector(text: string | undefined): Test {
  const tests = splitTopLevel(text ?? '').map(labelRequirement);
  return (object) => tests.every((test) => test(object));
}

/** A field selector (`metadata.name=x,status.phase!=Running`) as a predicate. */
export function fieldSelector(text: string | undefined): Test {
  const tests = (text ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(fieldRequirement);
  return (object) => tests.every((test) => test(object));
}

/** `matchLabels` of a ReplicaSet or Deployment selector; all our simulated objects use nothing else. */
export function matchesLabels(wanted: Json | undefined, labels: { readonly [key: string]: string } | undefined): boolean {
  return isJsonObject(wanted) && Object.entries(wanted).every(([key, value]) => labels?.[key] === value);
}

function labelRequirement(text: string): Test {
  const set = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (object) => values.includes(label(object, key) ?? ' absent') === (operator === 'in');
  }
  const equal = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/.exec(text);
  if (equal) {
    const [, key = '', operator, value] = equal;
    return (object) => (label(object, key) === value) === (operator !== '!=');
  }
  const exists = /^(!?)\s*([^\s!=,()]+)$/.exec(text);
  if (!exists) throw new ChangeoverError('refused', `unable to parse label selector ${JSON.stringify(text)}`, { hint: 'Correct the selector.' });
  const [, not, key = ''] = exists;
  return (object) => (label(object, key) !== undefined) === (not === '');
}

function fieldRequirement(text: string): Test {
  const match = /^\s*([\w.]+)\s*(==|=|!=)\s*(\S*)\s*$/.exec(text);
  if (!match) throw new ChangeoverError('refused', `unable to parse field selector ${JSON.stringify(text)}`, { hint: 'Correct the selector.' });
  const [, path = '', operator, value] = match;
  return (object) => (field(object, path.split('.')) === value) === (operator !== '!=');
}

function label(object: KubeObject, key: string): string | undefined {
  return object.metadata.labels?.[key];
}

function field(object: KubeObject, path: readonly string[]): string {
  let node: Json | undefined = object;
  for (const segment of path) node = isJsonObject(node) ? node[segment] : undefined;
  return typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean' ? String(node) : '';
}

/** Splits at commas outside parentheses. */
function splitTopLevel(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
