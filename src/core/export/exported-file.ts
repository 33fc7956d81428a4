import type { Json, JsonObject } from '../json.ts';
import type { KubeObject } from '../workload/kube-object.ts';
import type { ExportedWorkload } from './export-workload.ts';

/** One file of an export: YAML of a value, or a text as it is. Paths are relative, with `/`. */
export type ExportedFile = {
  readonly path: string;
  /** Comment lines at its head, without `#`. */
  readonly head: readonly string[];
  /** It holds a credential: for its owner's eyes alone. */
  readonly secret: boolean;
} & ({ readonly value: Json } | { readonly text: string });

/** Folder of an owner's files: `shop/orders`; workloads nobody is known to deploy are together by namespace. */
export function folderOf({ object, owner }: ExportedWorkload): string {
  return [object.metadata.namespace ?? '', owner.name ?? owner.kind].map(safeName).join('/');
}

/** Name of the patch of an object: `deployment-orders.yaml`. */
export function patchName({ kind, metadata }: KubeObject): string {
  return safeName(`${kind.toLowerCase()}-${metadata.name}.yaml`);
}

/**
 * The object as kustomize finds it. Names are regular expressions there, anchored at both ends. The namespace is left out: it is
 * often set after the patches are made.
 */
export function patchTarget({ apiVersion, kind, metadata }: KubeObject): JsonObject {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return { ...(group === '' ? {} : { group }), version, kind, name: metadata.name.replaceAll('.', String.raw`\.`) };
}

function safeName(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return /^\.*$/.test(name) ? `_${name}` : name;
}
