import { findObjects, findTargets, type ConvertTarget, type ManifestObject } from '../core/convert/find-targets.ts';
import { ChangeoverError } from '../core/error.ts';
import { isJsonObject } from '../core/json.ts';
import type { ConfigMaps } from '../core/jvm/effective-env.ts';
import type { ManifestDocument, ReadManifests } from '../ports/manifest-text.ts';

/** A text with manifests in it. */
export interface ManifestSource {
  readonly file: string;
  readonly text: string;
  /** Asked for by its own name, not found in a folder. */
  readonly isNamed: boolean;
}

export interface OpenedTarget {
  readonly document: ManifestDocument;
  readonly object: ManifestObject;
  readonly target: ConvertTarget;
}

export interface OpenedSource extends ManifestSource {
  readonly targets: readonly OpenedTarget[];
}

/** Why a file is left out of the result. */
export interface SkippedSource {
  readonly file: string;
  readonly why: 'helm-template' | 'no-manifest' | 'kustomization';
}

export interface OpenedSources {
  readonly sources: readonly OpenedSource[];
  readonly skipped: readonly SkippedSource[];
  /** Data of the ConfigMaps among the manifests, by namespace (empty where none is named), then name. */
  readonly configMaps: ReadonlyMap<string, ConfigMaps>;
}

/** What only Helm fills in. Other programs keep their own `{{ }}` in ConfigMaps and arguments. */
const HELM = /\{\{-?\s*(?:\$?\.(?:Values|Release|Chart|Capabilities)\b|include\s|toYaml\s|tpl\s)/;

/**
 * Finds the pod templates of all texts. Templates of Helm charts are skipped, and in folders also what is no Kubernetes
 * object. Throws `invalid-file` with file and line for what cannot be read.
 */
export function openSources(sources: readonly ManifestSource[], readManifests: ReadManifests): OpenedSources {
  const opened: OpenedSource[] = [];
  const skipped: SkippedSource[] = [];
  const configMaps = new Map<string, ConfigMaps>();
  for (const source of sources) {
    const found = openSource(source, readManifests);
    if ('why' in found) skipped.push(found);
    else {
      opened.push({ ...source, targets: found.targets });
      for (const map of found.objects.filter(({ value }) => value['kind'] === 'ConfigMap')) addConfigMap(configMaps, map);
    }
  }
  return { sources: opened, skipped, configMaps };
}

function openSource(
  source: ManifestSource,
  readManifests: ReadManifests,
): SkippedSource | { readonly targets: readonly OpenedTarget[]; readonly objects: readonly ManifestObject[] } {
  const { file, text, isNamed } = source;
  if (HELM.test(text)) return { file, why: 'helm-template' };
  try {
    const objects: ManifestObject[] = [];
    const targets: OpenedTarget[] = [];
    for (const document of readManifests(text, file)) {
      const found = findObjects(document.value);
      objects.push(...found.filter(({ value }) => value['kind'] === 'ConfigMap' || isForKustomize(value['apiVersion'])));
      if (found.length > 0 && objects.length === 0) objects.push({ path: [], value: {} });
      targets.push(...found.flatMap((object) => findTargets(object).map((target) => ({ document, object, target }))));
    }
    if (!isNamed && objects.length === 0) return { file, why: 'no-manifest' };
    if (!isNamed && objects.some(({ value }) => isForKustomize(value['apiVersion']))) return { file, why: 'kustomization' };
    return { targets, objects };
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'invalid-file' && text.includes('{{')) return { file, why: 'helm-template' };
    throw error;
  }
}

function isForKustomize(apiVersion: unknown): boolean {
  return typeof apiVersion === 'string' && apiVersion.startsWith('kustomize.config.k8s.io/');
}

function addConfigMap(maps: Map<string, ConfigMaps>, { value }: ManifestObject): void {
  const { metadata, data } = value;
  if (!isJsonObject(metadata) || typeof metadata['name'] !== 'string') return;
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  const texts = Object.entries(isJsonObject(data) ? data : {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  maps.set(namespace, { ...maps.get(namespace), [metadata['name']]: Object.fromEntries(texts) });
}
