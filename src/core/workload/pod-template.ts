import { createHash } from 'node:crypto';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from './kube-object.ts';
import type { Container } from './workload.ts';

/** Prefix of every annotation of ours. */
export const ANNOTATION_PREFIX = 'changeover.dev/';

/** Where an object of a kind keeps its pod template. */
export function templatePath(kind: string): readonly string[] {
  if (kind === 'CronJob') return ['spec', 'jobTemplate', 'spec', 'template'];
  return kind === 'ControllerRevision' ? ['data', 'spec', 'template'] : ['spec', 'template'];
}

/** The pod template of a workload, ReplicaSet or ControllerRevision; an empty object where there is none. */
export function podTemplate(object: KubeObject): JsonObject {
  let value: Json | undefined = object;
  for (const name of templatePath(object.kind)) value = isJsonObject(value) ? value[name] : undefined;
  return isJsonObject(value) ? value : {};
}

/** The pod spec of a template, a ReplicaSet's template or a pod itself. */
export function podSpec(holder: JsonObject): JsonObject {
  return isJsonObject(holder['spec']) ? holder['spec'] : {};
}

/** The containers of a pod spec, in order. */
export function containers(spec: JsonObject): readonly Container[] {
  return objects(spec['containers']) as readonly Container[];
}

/** The init containers of a pod spec; those with `restartPolicy: Always` are native sidecars. */
export function initContainers(spec: JsonObject): readonly Container[] {
  return objects(spec['initContainers']) as readonly Container[];
}

/** Annotations of a pod template; undefined when the map itself is absent (which a rollback must restore). */
export function templateAnnotations(template: JsonObject): { readonly [key: string]: string } | undefined {
  const metadata = template['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  return isJsonObject(annotations) ? (annotations as { readonly [key: string]: string }) : undefined;
}

/** Labels of a pod template. */
export function templateLabels(template: JsonObject): { readonly [key: string]: string } {
  const metadata = template['metadata'];
  const labels = isJsonObject(metadata) ? metadata['labels'] : undefined;
  return isJsonObject(labels) ? (labels as { readonly [key: string]: string }) : {};
}

/**
 * sha256 (hex) of a pod template without our annotations. An annotations map that only held ours counts as absent, so
 * that claiming or rolling back a workload does not make it look moved.
 */
export function templateHash(template: JsonObject): string {
  return createHash('sha256')
    .update(canonicalJson(withoutOurs(template)))
    .digest('hex');
}

function withoutOurs(template: JsonObject): JsonObject {
  const metadata = template['metadata'];
  if (!isJsonObject(metadata) || !isJsonObject(metadata['annotations'])) return template;
  const foreign = Object.entries(metadata['annotations']).filter(([key]) => !key.startsWith(ANNOTATION_PREFIX));
  const { annotations: _annotations, ...rest } = metadata;
  const kept = foreign.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(foreign) };
  return { ...template, metadata: kept };
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
