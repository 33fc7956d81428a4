import type { Finding } from '../finding.ts';
import type { ImageConfig } from '../image/image-facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Container, EnvVar } from '../workload/workload.ts';
import type { CarrierSource } from './jvm-option.ts';
import { expandReferences, longestValue, type ExpandedText } from './expand-references.ts';
import { unmapped } from './token.ts';

/** Data of ConfigMaps by name; `null` where one exists or may exist and could not be read. */
export interface ConfigMaps {
  readonly [name: string]: { readonly [key: string]: string } | null;
}

/** One variable as the process sees it. `value.starts`/`ends` lead back to the raw text of its source. */
export interface EnvVariable {
  readonly value: ExpandedText;
  readonly source: CarrierSource;
  /** Why its own value is not known; its text is then the reference `$(NAME)`. */
  readonly unknown?: 'secret' | 'config-map' | 'runtime';
}

export interface EffectiveEnv {
  readonly values: { readonly [name: string]: string };
  readonly sources: { readonly [name: string]: CarrierSource };
  readonly variables: ReadonlyMap<string, EnvVariable>;
  readonly findings: readonly Finding[];
}

export interface EnvInput {
  readonly container: Container;
  readonly image?: ImageConfig;
  readonly envFrom?: ConfigMaps;
}

/**
 * The environment of a container's process by the kubelet's rules: envFrom, then env in order (`$(NAME)` resolves envFrom and
 * earlier entries only, the last duplicate wins), and image ENV for names the pod does not set at all. Values that only
 * exist at run time (field references) or that we must not read (Secrets) become the reference `$(NAME)`.
 */
export function effectiveEnv(input: EnvInput): EffectiveEnv {
  const variables = new Map<string, EnvVariable>();
  const findings: Finding[] = [];
  for (const [name, value] of input.image?.env ?? []) variables.set(name, known(value, { kind: 'image-env', name }));
  const pod = new Map<string, EnvVariable>();
  for (const from of objects(input.container['envFrom'])) addEnvFrom(pod, from, { maps: input.envFrom ?? {}, findings });
  for (const [index, entry] of (input.container.env ?? []).entries()) {
    const variable = readEntry(entry, index, { pod, maps: input.envFrom ?? {} });
    if (variable) pod.set(entry.name, variable);
  }
  for (const [name, variable] of pod) variables.set(name, variable);
  for (const name of tooLong(variables)) {
    findings.push({ id: 'env-too-long', severity: 'block', params: { variable: name, most: longestValue } });
    variables.set(name, known('', variables.get(name)?.source ?? { kind: 'image-env', name }));
  }
  const secrets = [...pod].filter(([, variable]) => variable.unknown === 'secret').map(([name]) => name);
  if (secrets.length > 0) findings.push({ id: 'secret-not-read', severity: 'info', params: { names: secrets } });
  return {
    values: Object.fromEntries([...variables].map(([name, variable]) => [name, variable.value.text])),
    sources: Object.fromEntries([...variables].map(([name, variable]) => [name, variable.source])),
    variables,
    findings,
  };
}

/** Values that Linux cannot hand to a process: nothing starts with them, so nothing of them is read. */
function tooLong(variables: ReadonlyMap<string, EnvVariable>): readonly string[] {
  const size = (name: string, text: string): number => new TextEncoder().encode(`${name}=${text}`).length + 1;
  return [...variables].filter(([name, { value }]) => value.text.length > longestValue / 4 && size(name, value.text) > longestValue).map(([name]) => name);
}

/** The names of references in a variable that stay unknown. */
export function unresolvedIn(variable: EnvVariable | undefined): readonly string[] {
  return [...new Set(variable?.value.references.map((reference) => reference.name))];
}

function addEnvFrom(pod: Map<string, EnvVariable>, from: JsonObject, context: { readonly maps: ConfigMaps; readonly findings: Finding[] }): void {
  const prefix = text(from['prefix']);
  const reference = isJsonObject(from['configMapRef']) ? from['configMapRef'] : undefined;
  const name = text(reference?.['name']);
  if (!reference) {
    const secret = isJsonObject(from['secretRef']) ? text(from['secretRef']['name']) : '';
    context.findings.push({ id: 'secret-not-read', severity: 'info', params: { secret } });
    return;
  }
  const data = context.maps[name];
  if (data) for (const [key, value] of Object.entries(data)) pod.set(prefix + key, known(value, { kind: 'pod-env-from', name: prefix + key, from: name }));
  else if (data === null || reference['optional'] !== true) context.findings.push({ id: 'config-map-not-read', severity: 'warn', params: { configMap: name } });
}

function readEntry(
  entry: EnvVar,
  index: number,
  context: { readonly pod: ReadonlyMap<string, EnvVariable>; readonly maps: ConfigMaps },
): EnvVariable | undefined {
  const { name, value } = entry;
  const source: CarrierSource = { kind: 'pod-env', name, index };
  const from = entry['valueFrom'];
  if (value !== undefined && value !== '') return { value: expandReferences(value, (other) => referenceValue(context.pod.get(other))), source };
  if (!isJsonObject(from)) return known('', source);
  if (isJsonObject(from['secretKeyRef'])) return unknown(name, source, 'secret');
  const reference = from['configMapKeyRef'];
  if (!isJsonObject(reference)) return unknown(name, source, 'runtime');
  const data = context.maps[text(reference['name'])];
  if (!data) return data === undefined && reference['optional'] === true ? undefined : unknown(name, source, 'config-map');
  const found = data[text(reference['key'])];
  return found === undefined ? undefined : known(found, source);
}

/** What `$(NAME)` stands for, given the variable of that name. */
export function referenceValue(variable: EnvVariable | undefined): { readonly text: string; readonly unresolved: readonly string[] } | undefined {
  return variable && { text: variable.value.text, unresolved: unresolvedIn(variable) };
}

function known(value: string, source: CarrierSource): EnvVariable {
  return { value: { ...unmapped(value.slice(0, longestValue + 1)), references: [] }, source };
}

function unknown(name: string, source: CarrierSource, why: 'secret' | 'config-map' | 'runtime'): EnvVariable {
  const reference = `$(${name})`;
  return { value: { ...unmapped(reference), references: [{ name, start: 0, end: reference.length }] }, source, unknown: why };
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
