import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import { templatePath } from '../workload/pod-template.ts';
import type { Workload } from '../workload/workload.ts';
import type { ConvertTarget } from './find-targets.ts';

/** Longer texts the kernel hands to no process (`MAX_ARG_STRLEN`). */
const MAX_TEXT = 131_071;

/** The target as a workload of any kind with one pod, so that plans can be made for it. `namespace` counts where the object names none. */
export function targetWorkload(target: ConvertTarget, namespace: string): Workload {
  const { apiVersion, kind, labels, templateLabels, name } = target;
  const spec = { ...target.spec, containers: wellFormed(target.spec) };
  const metadata = { name, namespace: target.namespace ?? namespace, labels };
  const template: JsonObject = { metadata: { labels: templateLabels }, spec };
  const below = templatePath(kind).reduceRight<JsonObject>((value, name) => ({ [name]: value }), template);
  const object: KubeObject = { apiVersion, kind, metadata, ...below };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels: templateLabels }, spec };
  return { id: `${metadata.namespace}/${kind}/${name}`, namespace: metadata.namespace, kind, name, uid: '', object, replicaSets: [], pods: [pod] };
}

/** Containers that the API server would not take, by name, or position where that is what is wrong. */
export function malformedContainers(target: ConvertTarget): readonly { readonly index: number; readonly field: string }[] {
  return listOf(target.spec['containers']).flatMap((container, index) => {
    const field = problemOf(container);
    return field === undefined ? [] : [{ index, field }];
  });
}

function wellFormed(spec: JsonObject): readonly Json[] {
  return listOf(spec['containers']).flatMap((container) => (problemOf(container) === undefined ? [withoutNulls(container)] : []));
}

/** To the API server a member without a value is absent. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNulls);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member === null || member === undefined ? [] : [[key, withoutNulls(member)]])));
}

/** The first field that has not the form the API server asks for; undefined = all we read are as they should be. */
function problemOf(container: Json): string | undefined {
  if (!isJsonObject(container) || typeof container['name'] !== 'string') return 'name';
  if (typeof container['image'] !== 'string' || container['image'] === '') return 'image';
  const lists = ['command', 'args'].find((field) => !isListOf(container[field], (item) => typeof item === 'string' && isText(item)));
  if (lists !== undefined) return lists;
  if (!isListOf(container['env'], (item) => isJsonObject(item) && typeof item['name'] === 'string' && isText(item['value']))) return 'env';
  return ['envFrom', 'volumeMounts'].find((field) => !isListOf(container[field], isJsonObject));
}

function isText(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.length <= MAX_TEXT);
}

function isListOf(value: Json | undefined, test: (item: Json) => boolean): boolean {
  return value === undefined || value === null || (Array.isArray(value) && (value as readonly Json[]).every(test));
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
