import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { DocumentPath } from '../policy/placed-document.ts';

/** A pod template in a document, with what of its object is needed to judge it. */
export interface ConvertTarget {
  /** Where the object and the template's pod spec stand in the document. */
  readonly objectPath: DocumentPath;
  readonly specPath: DocumentPath;
  readonly apiVersion: string;
  readonly kind: string;
  /** `generateName` where there is no name; empty without both. */
  readonly name: string;
  readonly namespace?: string;
  readonly labels: { readonly [key: string]: string };
  readonly templateLabels: { readonly [key: string]: string };
  readonly spec: JsonObject;
}

/** A Kubernetes object in a document. */
export interface ManifestObject {
  readonly path: DocumentPath;
  readonly value: JsonObject;
}

/** The objects of a document, those of Lists included. Nothing where it is no Kubernetes object. */
export function findObjects(value: Json, path: DocumentPath = []): readonly ManifestObject[] {
  if (!isJsonObject(value) || typeof value['kind'] !== 'string' || typeof value['apiVersion'] !== 'string') return [];
  const { items } = value;
  if (!value['kind'].endsWith('List') || !Array.isArray(items)) return [{ path, value }];
  return (items as readonly Json[]).flatMap((item, index) => findObjects(item, [...path, 'items', index]));
}

/**
 * The pod templates of an object: the pod itself, `spec.template` of the kinds everybody knows, and any `template` or
 * `…Template` with containers below it, so that operators' own kinds are found too. Schemas are no templates.
 */
export function findTargets({ path, value }: ManifestObject): readonly ConvertTarget[] {
  if (value['kind'] === 'CustomResourceDefinition') return [];
  const holders = value['kind'] !== 'Pod' ? findTemplates(value, path) : hasContainers(value) ? [{ path, value }] : [];
  const metadata = objectAt(value, 'metadata');
  const { namespace } = metadata;
  return holders.map((holder) => ({
    objectPath: path,
    specPath: [...holder.path, 'spec'],
    apiVersion: textAt(value, 'apiVersion'),
    kind: textAt(value, 'kind'),
    name: textAt(metadata, 'name') || textAt(metadata, 'generateName'),
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
    labels: texts(metadata['labels']),
    templateLabels: texts(objectAt(holder.value, 'metadata')['labels']),
    spec: objectAt(holder.value, 'spec'),
  }));
}

function findTemplates(value: Json | undefined, path: DocumentPath): readonly ManifestObject[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, index) => findTemplates(item, [...path, index]));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const at = [...path, key];
    return /template$/i.test(key) && isJsonObject(member) && hasContainers(member) ? [{ path: at, value: member }] : findTemplates(member, at);
  });
}

function hasContainers(holder: JsonObject): boolean {
  return Array.isArray(objectAt(holder, 'spec')['containers']);
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const member = value[key];
  return isJsonObject(member) ? member : {};
}

function textAt(value: JsonObject, key: string): string {
  const member = value[key];
  return typeof member === 'string' ? member : '';
}

function texts(value: Json | undefined): { readonly [key: string]: string } {
  const members = isJsonObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(members.filter((member): member is [string, string] => typeof member[1] === 'string'));
}
