import { ChangeoverError } from '../error.ts';
import { sha256Digest } from './digest.ts';
import { decodeUtf8 } from './json-document.ts';
import type { ImageIndex } from './manifest.ts';
import { readManifest, subjectAnnotations } from './manifest.ts';
import { editJson } from './raw-json.ts';
import type { JsonEdit } from './raw-json.ts';

export interface RewrittenIndex {
  readonly index: Uint8Array;
  readonly digest: string;
  readonly mediaType: string;
  /** Digests of attestations and lazy-loading indexes that described a replaced child and are left out. */
  readonly dropped: readonly string[];
}

/**
 * Replaces children of an index by old digest; the others, their order, platforms and annotations stay byte for byte. What described a replaced child goes:
 * it would point at nothing, or say of the new image what was true of the old one.
 * Throws `refused` when a digest to replace is not in the index.
 */
export function rewriteIndex(
  source: { readonly index: Uint8Array; readonly mediaType: string },
  replacements: ReadonlyMap<string, { readonly digest: string; readonly size: number }>,
): RewrittenIndex {
  const index = readManifest(source.index, source.mediaType);
  if (index.kind !== 'index') throw new ChangeoverError('unsupported', 'not an image index', { target: index.digest });
  for (const digest of replacements.keys()) {
    if (!index.manifests.some((child) => child.digest === digest))
      throw new ChangeoverError('refused', `the index has no child ${digest}`, { target: index.digest });
  }

  const replaced = index.manifests.flatMap((child, position) => replaceChild(position, replacements.get(child.digest)));
  const described = findDescribing(index, replacements);
  const removals = described.map((position): JsonEdit => ({ kind: 'remove', path: ['manifests', position] }));
  const bytes = new TextEncoder().encode(editJson(decodeUtf8(source.index), [...replaced, ...removals.reverse()]));
  return {
    index: bytes,
    digest: sha256Digest(bytes),
    mediaType: index.mediaType,
    dropped: described.map((position) => index.manifests[position]?.digest ?? ''),
  };
}

function replaceChild(position: number, child: { readonly digest: string; readonly size: number } | undefined): readonly JsonEdit[] {
  if (child === undefined) return [];
  return [
    { kind: 'set', path: ['manifests', position, 'digest'], value: child.digest },
    { kind: 'set', path: ['manifests', position, 'size'], value: child.size },
    { kind: 'remove', path: ['manifests', position, 'data'] },
    { kind: 'remove', path: ['manifests', position, 'annotations', 'com.amazon.soci.index-digest'] },
  ];
}

function findDescribing(index: ImageIndex, replacements: ReadonlyMap<string, unknown>): readonly number[] {
  return index.manifests.flatMap((child, position) => (subjectAnnotations.some((name) => replacements.has(child.annotations[name] ?? '')) ? [position] : []));
}
