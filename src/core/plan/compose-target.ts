import type { Finding } from '../finding.ts';
import type { BuiltLayer } from '../image/built-layer.ts';
import { describeEdits, type ImageEdits } from '../image/image-edits.ts';
import { buildPathLayer, type LayerChange } from '../image/path-layer.ts';
import { formatReference, parseImageReference, type ImageReference } from '../image/reference.ts';
import { rewriteImage, type RewrittenImage } from '../image/rewrite-image.ts';
import { rewriteIndex } from '../image/rewrite-index.ts';
import type { PlatformImage, RawManifest, SourceImage } from '../image/source-image.ts';
import { hash8, originalTag, targetReference } from '../image/target-name.ts';
import { ChangeoverError } from '../error.ts';
import type { Json } from '../json.ts';

/** What a rewrite does to one platform of an image. */
export interface PlatformEdits {
  /** The per-path layer; paths must be proven. */
  readonly changes: readonly LayerChange[];
  /** Variables with their new values. */
  readonly env: { readonly [name: string]: string };
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
}

/** What one rewrite brings, besides the source. */
export interface TargetEdits extends PlatformEdits {
  readonly agent: string;
  readonly version: string;
  readonly agentLayer: BuiltLayer;
  /** The policy's own files. */
  readonly filesLayer?: BuiltLayer;
  /** What is done to the platforms after the first, in their order; left out = the same. */
  readonly others?: readonly PlatformEdits[];
}

/** The new image, ready to push: layers first, then configs and child manifests, then `root`, then the tag. */
export interface TargetImage {
  readonly reference: ImageReference & { readonly tag: string };
  readonly hash8: string;
  /** What the tag will point at: the manifest, or the index. */
  readonly root: RawManifest;
  readonly layers: readonly BuiltLayer[];
  readonly platforms: readonly RewrittenImage[];
}

export type ComposedTarget = { readonly kind: 'composed'; readonly target: TargetImage } | { readonly kind: 'refused'; readonly finding: Finding };

/**
 * Composes the new image out of the source's documents, without its layers: two layers on top, image ENV, labels. Pure and
 * deterministic: plan computes the digest, apply computes it again and pushes exactly that. `template` is `image.to`.
 */
export function composeTarget(source: SourceImage, edits: TargetEdits, naming: { readonly template: string; readonly image: ImageReference }): ComposedTarget {
  try {
    return compose(source, edits, naming);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'invalid-file') throw error;
    return {
      kind: 'refused',
      finding: { id: 'image-not-rewritable', severity: 'block', params: { detail: error.message, ...(error.rule === undefined ? {} : { rule: error.rule }) } },
    };
  }
}

function compose(source: SourceImage, edits: TargetEdits, naming: { readonly template: string; readonly image: ImageReference }): ComposedTarget {
  const origin = originOf(source, naming);
  const rewritten: { readonly image: RewrittenImage; readonly described: Json; readonly pathLayer: BuiltLayer | undefined }[] = [];
  for (const [position, platform] of source.platforms.entries()) {
    const made = rewritePlatform(origin.name, platform, { common: edits, own: edits.others?.[position - 1] ?? edits });
    if (made.kind === 'refused') return made;
    rewritten.push(made);
  }
  const name = hash8({
    sourceDigest: origin.digest,
    agentLayerDigest: edits.agentLayer.digest,
    edits: rewritten.map((each) => each.described),
  });
  const reference = targetReference(naming.template, { source: origin.image, hash8: name });
  const images = rewritten.map((each) => each.image);
  const target: TargetImage = {
    reference: { ...reference, tag: reference.tag ?? '' },
    hash8: name,
    root: rootOf(source, images),
    layers: [edits.agentLayer, ...(edits.filesLayer ? [edits.filesLayer] : []), ...rewritten.flatMap((each) => each.pathLayer ?? [])],
    platforms: images,
  };
  return { kind: 'composed', target };
}

type RewrittenPlatform =
  | { readonly kind: 'rewritten'; readonly image: RewrittenImage; readonly described: Json; readonly pathLayer: BuiltLayer | undefined }
  | { readonly kind: 'refused'; readonly finding: Finding };

function rewritePlatform(origin: string, platform: PlatformImage, edits: { readonly common: TargetEdits; readonly own: PlatformEdits }): RewrittenPlatform {
  const { files } = platform.facts;
  const { agent, version, agentLayer, filesLayer } = edits.common;
  const { changes, env, entrypoint, cmd } = edits.own;
  if (!files && changes.length > 0)
    return { kind: 'refused', finding: { id: 'layers-not-scanned', severity: 'block', params: { reason: platform.facts.scanProblem ?? '' } } };
  const path = files && changes.length > 0 ? buildPathLayer(files, changes) : undefined;
  if (path?.kind === 'refused') return path;
  const imageEdits: ImageEdits = {
    origin: { name: origin, agent, version },
    layers: [
      { layer: agentLayer, createdBy: `changeover: ${agent} ${version}` },
      ...(filesLayer ? [{ layer: filesLayer, createdBy: 'changeover: files of the policy' }] : []),
      ...(path ? [{ layer: path.layer, createdBy: "changeover: the old agent's place" }] : []),
    ],
    env: { set: env },
    ...(entrypoint ? { entrypoint } : {}),
    ...(cmd ? { cmd } : {}),
  };
  const image = rewriteImage({ manifest: platform.manifest.bytes, mediaType: platform.manifest.mediaType, config: platform.config }, imageEdits);
  return { kind: 'rewritten', image, described: describeEdits(imageEdits), pathLayer: path?.layer };
}

function rootOf(source: SourceImage, images: readonly RewrittenImage[]): RawManifest {
  const [only] = images;
  if (!source.index) {
    if (!only) throw new Error('a source without platforms');
    return { digest: only.manifestDigest, mediaType: only.mediaType, bytes: only.manifest };
  }
  const replacements = new Map(source.platforms.map((platform, position) => [platform.stored, sizeOf(images[position])]));
  const { index, digest, mediaType } = rewriteIndex({ index: source.index.raw.bytes, mediaType: source.index.raw.mediaType }, replacements);
  return { digest, mediaType, bytes: index };
}

interface Origin {
  /** The whole image, by name and digest. */
  readonly name: string;
  readonly digest: string;
  /** What the new image is named after. */
  readonly image: ImageReference;
}

/** What the new image is made from: of an image of ours, the one that was made from, so that rewriting a result gives the same result under the same name. */
function originOf(source: SourceImage, { template, image }: { readonly template: string; readonly image: ImageReference }): Origin {
  const names = new Set(source.platforms.map((platform) => platform.facts.ours?.sourceName));
  const [sourceName] = names;
  const original = names.size === 1 && sourceName !== undefined ? readName(sourceName) : undefined;
  if (original?.digest !== undefined && sourceName !== undefined) {
    const tag = image.tag === undefined ? {} : { tag: originalTag(template, image.tag) };
    return { name: sourceName, digest: original.digest, image: { ...original, ...tag } };
  }
  const digest = source.index ? source.digest : source.platforms[0].manifest.digest;
  return { name: formatReference({ repository: source.repository, digest }), digest, image };
}

function readName(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch {
    return undefined;
  }
}

function sizeOf(image: RewrittenImage | undefined): { readonly digest: string; readonly size: number } {
  if (!image) throw new Error('a platform was not rewritten');
  return { digest: image.manifestDigest, size: image.manifest.length };
}
