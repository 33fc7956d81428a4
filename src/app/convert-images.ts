import { configImage } from '../core/convert/config-image.ts';
import { ChangeoverError } from '../core/error.ts';
import { formatReference, parseImageReference, type ImageReference } from '../core/image/reference.ts';
import type { CandidateImage } from '../core/plan/inspect-workload.ts';
import type { Container } from '../core/workload/workload.ts';
import { pooled } from './pooled.ts';
import { resolveImage } from './resolve-image.ts';
import type { ImagePorts } from './rewrite-reference.ts';

/** Where the images of manifests are read: a registry, one config from a file, or nowhere. */
export type ImageKnowledge =
  | { readonly kind: 'registry'; readonly ports: ImagePorts }
  | { readonly kind: 'config'; readonly file: string; readonly config: Uint8Array }
  | { readonly kind: 'none' };

/** What is known of each image, by its name as the manifests write it; left out = nothing. */
export type KnownImages = ReadonlyMap<string, CandidateImage>;

/** Reads the images of containers from their registries, each once, four at a time. An unreachable registry is thrown. */
export async function readImages(
  ports: ImagePorts,
  containers: readonly Container[],
  options: { readonly signal?: AbortSignal; readonly onProgress?: (text: string) => void },
): Promise<KnownImages> {
  const names = [...new Set(containers.map((container) => container.image))];
  let done = 0;
  const entries = await pooled(names, 4, async (name) => {
    options.onProgress?.(`Reading images: ${(done += 1)} of ${names.length} (${name})`);
    return [name, await readImage(ports, name, options.signal)] as const;
  });
  return new Map(entries);
}

/** The one image that a config from a file belongs to. Throws `usage` when the manifests name several. */
export function knownByConfig({ file, config }: ImageKnowledge & { readonly kind: 'config' }, containers: readonly Container[]): KnownImages {
  const names = [...new Set(containers.map((container) => container.image))];
  const [name, ...others] = names;
  if (name === undefined) return new Map();
  if (others.length > 0) {
    const hint = 'Convert the manifests of one image at a time, or leave --image-config out and let the registry be asked.';
    throw new ChangeoverError('usage', `one image config cannot be that of ${names.length} images: ${names.join(', ')}`, {
      target: `--image-config ${file}`,
      hint,
    });
  }
  const reference = referenceOf(name);
  return reference ? new Map([[name, { kind: 'read', image: readConfig(file, config, reference) }]]) : new Map();
}

function readConfig(file: string, config: Uint8Array, reference: ImageReference): ReturnType<typeof configImage> {
  try {
    return configImage(config, reference.repository);
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error;
    const hint = 'Give the config of an image (application/vnd.oci.image.config.v1+json), not a manifest.';
    throw new ChangeoverError('invalid-file', error.message, { target: file, hint, cause: error });
  }
}

async function readImage(ports: ImagePorts, name: string, signal: AbortSignal | undefined): Promise<CandidateImage> {
  const reference = referenceOf(name);
  const problem = (id: string, detail: string): CandidateImage => ({ kind: 'problem', finding: { id, severity: 'block', params: { image: name, detail } } });
  if (!reference) return problem('not-an-image-name', '');
  try {
    return { kind: 'read', image: (await resolveImage(ports, reference, { layerScan: true, ...(signal ? { signal } : {}) })).source };
  } catch (error) {
    if (!(error instanceof ChangeoverError) || error.code === 'unreachable' || error.code === 'aborted') throw error;
    if (error.code === 'not-found') return problem('image-not-found', formatReference(reference));
    return problem(error.code === 'denied' ? 'registry-denied' : 'image-unreadable', error.message);
  }
}

/** Undefined for what is no reference: a placeholder that somebody else fills in. */
export function referenceOf(name: string): ImageReference | undefined {
  try {
    return parseImageReference(name);
  } catch {
    return undefined;
  }
}
