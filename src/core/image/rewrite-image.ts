import { createHash } from 'node:crypto';
import { canonicalJson } from '../json.ts';
import { editConfig } from './config-edits.ts';
import { sha256Digest } from './digest.ts';
import { describeEdits } from './image-edits.ts';
import type { ImageEdits } from './image-edits.ts';
import { readImageConfig } from './image-config.ts';
import { imageRefusal } from './image-rule.ts';
import type { ImageRule } from './image-rule.ts';
import type { StoredConfig } from './image-config.ts';
import { decodeUtf8 } from './json-document.ts';
import { readManifest } from './manifest.ts';
import type { ImageManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { ourLabels } from './our-labels.ts';
import { applySplices, editJson, spliceJson } from './raw-json.ts';
import type { JsonEdit } from './raw-json.ts';
import { describeConfig, formatUndo, stripOurs } from './strip-ours.ts';
import type { ImageSource } from './strip-ours.ts';

/** A rewritten image, ready to push: layers first, then config, then manifest. */
export interface RewrittenImage extends ImageSource {
  readonly manifestDigest: string;
  readonly configDigest: string;
  readonly configMediaType: string;
}

/** Docker's and others' limit on layers is 127 or 128 at run time; two are left for what is built on top. */
const MAX_LAYERS = 125;
const BASE_NAME = 'org.opencontainers.image.base.name';
const BASE_DIGEST = 'org.opencontainers.image.base.digest';

/**
 * Puts layers on top of an image and edits its config; the source's layers are not needed. Same source and edits, same bytes. Unknown fields,
 * their order and the media type family survive. An image that is a result of ours is rewritten from its original, so
 * path layers for it must have been built from the files of `stripOurs(image)`.
 * Throws `unsupported` or `refused` for what `readManifest`, `readImageConfig` and `stripOurs` throw for, and for images that are no Linux image, contradict themselves or
 * have too many layers.
 */
export function rewriteImage(image: ImageSource, edits: ImageEdits): RewrittenImage {
  const source = stripOurs(image) ?? image;
  const manifest = readImageManifest(source);
  const config = readImageConfig(source.config);
  assertRewritable(source, { manifest, config }, edits.layers.length);

  const texts = { manifest: decodeUtf8(source.manifest), config: decodeUtf8(source.config) };
  const manifestSplices = spliceJson(texts.manifest, editManifest(manifest, edits));
  const configSplices = spliceJson(texts.config, editConfig(config, { ...edits, labels: { ...edits.labels, ...makeLabels(manifest, config, edits) } }));
  const undo = formatUndo({ manifest: { before: texts.manifest, splices: manifestSplices }, config: { before: texts.config, splices: configSplices } });
  const newConfig = encode(editJson(applySplices(texts.config, configSplices), [{ kind: 'set', path: ['config', 'Labels', ourLabels.undo], value: undo }]));
  const newManifest = encode(describeConfig(applySplices(texts.manifest, manifestSplices), newConfig));
  return {
    manifest: newManifest,
    mediaType: manifest.mediaType,
    manifestDigest: sha256Digest(newManifest),
    config: newConfig,
    configDigest: sha256Digest(newConfig),
    configMediaType: manifest.config.mediaType,
  };
}

function readImageManifest(source: ImageSource): ImageManifest {
  const manifest = readManifest(source.manifest, source.mediaType);
  if (manifest.kind === 'image') return manifest;
  throw imageRefusal('not-an-image', 'an index is rewritten child by child', { target: manifest.digest });
}

function assertRewritable(source: ImageSource, { manifest, config }: { manifest: ImageManifest; config: StoredConfig }, added: number): void {
  const refuse = (rule: ImageRule, message: string, hint?: string): never => {
    throw imageRefusal(rule, message, { target: manifest.digest, ...(hint === undefined ? {} : { hint }) });
  };
  if (manifest.config.digest !== sha256Digest(source.config)) {
    refuse('config-does-not-match', `the config is not the manifest's: that is ${manifest.config.digest}`);
  }
  if (config.os !== 'linux') refuse('not-linux', `the image is for ${config.os}, and only Linux images are rewritten`);
  const encrypted = manifest.layers.find(({ mediaType }) => mediaType.endsWith('+encrypted'));
  if (encrypted !== undefined) {
    const hint = 'Rewrite the image before it is encrypted, and encrypt the result.';
    refuse('encrypted-layer', `layer ${encrypted.digest} is encrypted: nobody can tell what new layers would cover`, hint);
  }
  if (config.diffIds.length !== manifest.layers.length) {
    refuse(
      'layers-do-not-match',
      `the manifest has ${manifest.layers.length} layers, and its config names ${config.diffIds.length}`,
      'Push the image again with a current tool.',
    );
  }
  if (config.diffIds.length + added > MAX_LAYERS) {
    refuse(
      'too-many-layers',
      `the image has ${config.diffIds.length} layers: with ${added} more it has over ${MAX_LAYERS}, and container runtimes refuse such images`,
      'Squash the image.',
    );
  }
}

function editManifest(manifest: ImageManifest, { layers, origin }: ImageEdits): readonly JsonEdit[] {
  const added = layers.map(({ layer }, index): JsonEdit => {
    const value = { mediaType: mediaTypes[manifest.family].layer, digest: layer.digest, size: layer.size };
    return { kind: 'set', path: ['layers', manifest.layers.length + index], value };
  });
  return [
    ...added,
    // An inlined copy of the config would be the old one.
    { kind: 'remove', path: ['config', 'data'] },
    // An index for lazy loading that does not know the new layers.
    { kind: 'remove', path: ['annotations', 'com.amazon.soci.index-digest'] },
    // Docker's manifests have no annotations: there, the labels say it alone.
    ...(manifest.family === 'docker'
      ? []
      : ([
          { kind: 'set', path: ['annotations', BASE_NAME], value: origin.name },
          { kind: 'set', path: ['annotations', BASE_DIGEST], value: manifest.digest },
        ] as const)),
  ];
}

function makeLabels(manifest: ImageManifest, config: StoredConfig, edits: ImageEdits): { readonly [label: string]: string } {
  const { [BASE_NAME]: baseName, [BASE_DIGEST]: baseDigest } = manifest.annotations;
  return {
    [ourLabels.source]: manifest.digest,
    [ourLabels.sourceName]: edits.origin.name,
    [ourLabels.agent]: edits.origin.agent,
    [ourLabels.version]: edits.origin.version,
    [ourLabels.edits]: createHash('sha256')
      .update(canonicalJson(describeEdits(edits)))
      .digest('hex'),
    [ourLabels.layers]: [config.diffIds.length, ...edits.layers.map(({ layer }) => layer.diffId)].join(' '),
    ...(baseName === undefined ? {} : { [ourLabels.previousBaseName]: baseName }),
    ...(baseDigest === undefined ? {} : { [ourLabels.previousBaseDigest]: baseDigest }),
  };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
