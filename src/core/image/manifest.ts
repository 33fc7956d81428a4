import { z } from 'zod';
import { sha256Digest } from './digest.ts';
import { imageRefusal } from './image-rule.ts';
import { readDocument } from './json-document.ts';
import { classifyManifest, isImageConfigType, isTarLayerType } from './media-types.ts';
import type { Family } from './media-types.ts';

/** A pointer to content: what it is, its digest, its size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: { readonly [key: string]: string };
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** The manifest of one image for one platform. */
export interface ImageManifest {
  readonly kind: 'image';
  readonly family: Family;
  readonly mediaType: string;
  readonly digest: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: { readonly [key: string]: string };
}

/** A child of an index, as the index describes it. */
export interface IndexChild extends Descriptor {
  readonly platform?: Platform;
  readonly artifactType?: string;
}

/** A list of manifests, usually one per platform. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly family: Family;
  readonly mediaType: string;
  readonly digest: string;
  readonly manifests: readonly IndexChild[];
}

const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+';

const annotations = z
  .record(z.string(), z.string().nullable())
  .nullish()
  .transform((value) => Object.fromEntries(Object.entries(value ?? {}).map(([key, text]) => [key, text ?? ''])));
const descriptor = z.object({ mediaType: z.string(), digest: z.string().regex(/^[a-z0-9+._-]+:[a-f0-9]{32,}$/), size: z.int().nonnegative(), annotations });
const platform = z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullish() });

const anything = z
  .unknown()
  .optional()
  .transform((value) => value ?? undefined);
const head = z.object({ schemaVersion: anything, mediaType: z.string().nullish(), manifests: anything, layers: anything, config: anything });
const imageSchema = z.object({ config: descriptor, layers: z.array(descriptor), annotations });
const contentSchema = z.object({ config: descriptor.nullish(), layers: z.array(descriptor).nullish() });
const indexSchema = z.object({ manifests: z.array(descriptor.extend({ platform: platform.nullish(), artifactType: z.string().nullish() })) });

/**
 * Reads a manifest under the media type it was served with.
 * Throws `unsupported` for schema 1, for artifacts that are not images and for what is neither, `refused` for a manifest that contradicts itself.
 * Source: OCI image-spec manifest.md and image-index.md.
 */
export function readManifest(bytes: Uint8Array, mediaType: string): ImageManifest | ImageIndex {
  const digest = sha256Digest(bytes);
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const body = readDocument(bytes, head, 'manifest');
  if (body.schemaVersion === 1 || type.startsWith(SCHEMA_1)) {
    throw imageRefusal('schema-1', 'the image has a schema 1 manifest, which container runtimes no longer read', {
      target: digest,
      hint: 'Push it once with a current tool (docker, skopeo, buildah): that converts it.',
    });
  }
  const format = classifyManifest(type);
  if (format === undefined) throw imageRefusal('not-an-image', `"${type}" is not the media type of an image or an index`, { target: digest });

  const contradiction = findContradiction(body, type, format.kind);
  if (contradiction !== undefined) throw imageRefusal('manifest-contradicts-itself', `the manifest contradicts itself: ${contradiction}`, { target: digest });
  const common = { family: format.family, mediaType: type, digest };
  return format.kind === 'index' ? { ...common, ...readIndex(bytes) } : { ...common, ...readImage(bytes, digest) };
}

/** The blobs that the manifest of an image, or of what only looks like one, refers to. Throws `unsupported` when it is no such document. */
export function blobsOf(bytes: Uint8Array): readonly Descriptor[] {
  const { config, layers } = readDocument(bytes, contentSchema, 'manifest');
  return [...(config ? [config] : []), ...(layers ?? [])];
}

/**
 * The child of an index for a platform. The first match wins, as runtimes do it; a lone child without a platform matches (its config tells).
 * Throws `unsupported` when there is none, or several variants and none was asked for: nodes would choose by themselves.
 */
export function choosePlatform(index: ImageIndex, wanted: Platform): IndexChild {
  const images = index.manifests.filter(isImageChild);
  const matching = images.filter(({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture);
  const chosen = wanted.variant === undefined ? matching : matching.filter(({ platform }) => platform?.variant === wanted.variant);
  const variants = new Set(chosen.map(({ platform }) => platform?.variant));
  if (variants.size > 1) {
    throw imageRefusal(
      'ambiguous-platform',
      `the index has several variants of ${wanted.os}/${wanted.architecture}: ${[...variants].map((variant) => variant ?? 'none').join(', ')}`,
      {
        target: index.digest,
      },
    );
  }
  const child = chosen[0] ?? (images.length === 1 && images[0]?.platform === undefined ? images[0] : undefined);
  if (child !== undefined) return child;
  const offered = images.map(({ platform }) => (platform === undefined ? 'not named' : `${platform.os}/${platform.architecture}`)).join(', ');
  throw imageRefusal('no-platform', `the index has no image for ${wanted.os}/${wanted.architecture}`, {
    target: index.digest,
    hint: `Its platforms are: ${offered || 'none'}.`,
  });
}

/** Annotations by which a child says that it describes another child (BuildKit attestations, SOCI v2). */
export const subjectAnnotations: readonly string[] = ['vnd.docker.reference.digest', 'com.amazon.soci.image-manifest-digest'];

/** The children a rewrite is about: images for Linux, of whatever architecture. Those for other systems, attestations and artifacts are left as they are. */
export function linuxImages(index: ImageIndex): readonly IndexChild[] {
  const images = index.manifests.filter(isImageChild);
  return images.filter(({ platform }) => (platform === undefined ? index.manifests.length === 1 : platform.os === 'linux'));
}

function isImageChild(child: IndexChild): boolean {
  return (
    classifyManifest(child.mediaType) !== undefined &&
    child.artifactType === undefined &&
    !subjectAnnotations.some((name) => Object.hasOwn(child.annotations, name))
  );
}

function findContradiction(body: z.infer<typeof head>, type: string, kind: 'image' | 'index'): string | undefined {
  if ((body.mediaType ?? type) !== type) return `it says it is ${body.mediaType}, and was served as ${type}`;
  if (kind === 'image' && body.manifests !== undefined) return 'it is an image and has a list of manifests';
  if (kind === 'index' && (body.layers !== undefined || body.config !== undefined)) return 'it is an index and has a config or layers';
  return undefined;
}

function readImage(bytes: Uint8Array, digest: string): Pick<ImageManifest, 'kind' | 'config' | 'layers' | 'annotations'> {
  const image = readDocument(bytes, imageSchema, 'image manifest');
  assertImageConfig(image.config.mediaType, digest);
  const foreign = image.layers.find(({ mediaType, annotations }) => !isTarLayerType(mediaType) || Object.keys(annotations).some(isNydus));
  if (foreign !== undefined) {
    const nydus = isTarLayerType(foreign.mediaType) || foreign.mediaType.includes('nydus');
    const form = nydus ? `a Nydus file system ("${foreign.mediaType}")` : `"${foreign.mediaType}"`;
    throw imageRefusal(nydus ? 'nydus-layer' : 'unknown-layer', `a layer is ${form}, under which an added tar layer is not seen`, {
      target: digest,
      hint: 'Rewrite the image it was converted from, and convert the result.',
    });
  }
  return { kind: 'image', ...image };
}

function assertImageConfig(mediaType: string, target: string): void {
  if (isImageConfigType(mediaType)) return;
  if (mediaType.startsWith('application/vnd.cncf.helm.')) {
    throw imageRefusal('helm-chart', 'not an image but a Helm chart', { target, hint: 'Name the image that the chart deploys.' });
  }
  throw imageRefusal('artifact', `not an image but an artifact: its config is "${mediaType}"`, { target });
}

function isNydus(annotation: string): boolean {
  return annotation.startsWith('containerd.io/snapshot/nydus-');
}

function readIndex(bytes: Uint8Array): Pick<ImageIndex, 'kind' | 'manifests'> {
  const { manifests } = readDocument(bytes, indexSchema, 'image index');
  return {
    kind: 'index',
    manifests: manifests.map(({ platform, artifactType, ...child }) => ({
      ...child,
      ...(artifactType === null || artifactType === undefined ? {} : { artifactType }),
      ...(platform === null || platform === undefined ? {} : { platform: readPlatform(platform) }),
    })),
  };
}

function readPlatform({ os, architecture, variant }: z.infer<typeof platform>): Platform {
  return { os, architecture, ...(variant === null || variant === undefined || variant === '' ? {} : { variant }) };
}
