import { z } from 'zod';
import { sha256Digest } from './digest.ts';
import { readImageConfig } from './image-config.ts';
import { imageRefusal } from './image-rule.ts';
import { decodeUtf8 } from './json-document.ts';
import { ourLabels, readOurs } from './our-labels.ts';
import { applySplices, editJson, invertSplices } from './raw-json.ts';
import type { Splice } from './raw-json.ts';

/** One image as a registry stores it. */
export interface ImageSource {
  readonly manifest: Uint8Array;
  readonly mediaType: string;
  readonly config: Uint8Array;
}

/** Replacements as [start, length, text], in the order they are made. */
const splices = z.array(z.tuple([z.int(), z.int(), z.string()]));
const undoSchema = z.object({ config: splices, manifest: splices });

/**
 * The image that a rewritten one was made from, byte for byte, out of its labels alone; undefined when the image is not ours.
 * Throws `refused` when it was ours and was changed since, so that the labels no longer lead back.
 */
export function stripOurs(image: ImageSource): ImageSource | undefined {
  const config = readImageConfig(image.config);
  const ours = readOurs(config);
  if (ours === undefined) return undefined;

  const undo = readUndo(config.labels[ourLabels.undo] ?? '');
  const withoutUndo = editJson(decodeUtf8(image.config), [{ kind: 'remove', path: ['config', 'Labels', ourLabels.undo] }]);
  const original = new TextEncoder().encode(applySplices(withoutUndo, undo?.config ?? []));
  const manifest = new TextEncoder().encode(applySplices(describeConfig(decodeUtf8(image.manifest), original), undo?.manifest ?? []));
  if (sha256Digest(manifest) === ours.sourceDigest) return { manifest, mediaType: image.mediaType, config: original };
  throw imageRefusal('result-was-changed', `the image is a result of ours that was changed since: its labels do not lead back to ${ours.sourceDigest}`, {
    target: sha256Digest(image.manifest),
    hint: 'Rewrite the image it was made from.',
  });
}

/** The undo label's text: what leads back from the edited config and manifest, the manifest's config descriptor and the label itself not counted. */
export function formatUndo(texts: Record<'config' | 'manifest', { readonly before: string; readonly splices: readonly Splice[] }>): string {
  const invert = ({ before, splices }: (typeof texts)['config']): readonly unknown[] =>
    invertSplices(before, splices).map(({ start, length, text }) => [start, length, text]);
  return JSON.stringify({ config: invert(texts.config), manifest: invert(texts.manifest) });
}

/** The manifest's text with its config descriptor pointing at this config. */
export function describeConfig(manifest: string, config: Uint8Array): string {
  return editJson(manifest, [
    { kind: 'set', path: ['config', 'digest'], value: sha256Digest(config) },
    { kind: 'set', path: ['config', 'size'], value: config.length },
  ]);
}

function readUndo(text: string): Record<'config' | 'manifest', readonly Splice[]> | undefined {
  try {
    const { config, manifest } = undoSchema.parse(JSON.parse(text));
    return { config: config.map(toSplice), manifest: manifest.map(toSplice) };
  } catch {
    // The digest check of the caller is what counts, and says more.
    return undefined;
  }
}

function toSplice([start, length, text]: readonly [number, number, string]): Splice {
  return { start, length, text };
}
