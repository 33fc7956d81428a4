import { ChangeoverError } from '../core/error.ts';
import { blobsOf } from '../core/image/manifest.ts';
import { repositoryName, type Repository } from '../core/image/reference.ts';
import { isForeign, type RawManifest } from '../core/image/source-image.ts';
import type { Registry, RegistryRefusal } from '../ports/registry.ts';

/**
 * Writes the manifest of an image. Registries answer one with foreign layers, whose URLs they do not allow, with whatever they have (docker-registry: HTTP 500 and
 * "unknown error"): that becomes a refusal in words (rule `foreign-layer-refused`).
 */
export async function pushManifest(
  registry: Registry,
  repository: Repository,
  manifest: RawManifest,
  options: { readonly reference: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  try {
    await registry.putManifest(repository, options.reference, manifest, options.signal);
  } catch (error) {
    if (!(error instanceof ChangeoverError) || lacksBlob(error) || !isAnswer(error) || !blobsOf(manifest.bytes).some((blob) => isForeign(blob.mediaType)))
      throw error;
    throw new ChangeoverError('refused', `the registry does not take ${manifest.digest}, which has layers that stay where their URLs say: ${error.message}`, {
      target: repositoryName(repository),
      hint: 'Allow these URLs there (docker-registry: validation.manifests.urls.allow), or put the new image into the repository of the old one.',
      rule: 'foreign-layer-refused',
      cause: error,
    });
  }
}

/** Whether a registry refused a manifest since a blob of it is not there. */
export function lacksBlob(error: unknown): boolean {
  if (!(error instanceof ChangeoverError) || error.code !== 'refused') return false;
  const { errors } = (error.cause ?? {}) as Partial<RegistryRefusal>;
  return errors?.some((each) => each.code === 'MANIFEST_BLOB_UNKNOWN' || each.code === 'BLOB_UNKNOWN') === true;
}

function isAnswer({ cause }: ChangeoverError): boolean {
  return ((cause ?? {}) as Partial<RegistryRefusal>).errors !== undefined;
}
