import { ChangeoverError } from '../core/error.ts';
import type { SignatureSeen } from '../core/image-report/image-report.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { Registry } from '../ports/registry.ts';

/** What cosign (and others by the OCI referrers tag schema) name after a digest: `sha256-<hex>` and an ending. */
const endings = { signature: '.sig', attestation: '.att', sbom: '.sbom', referrers: '' } as const satisfies {
  readonly [kind in SignatureSeen['kind']]: string;
};

/** Looks for signatures, attestations and SBOMs of an image and its platforms, by tag. Where one may not be looked for, it counts as absent. */
export async function findSignatures(registry: Registry, source: SourceImage, signal?: AbortSignal): Promise<readonly SignatureSeen[]> {
  const digests = [...new Set([source.digest, ...source.platforms.map((platform) => platform.stored)])];
  const wanted = digests.flatMap((about) =>
    Object.entries(endings).map(([kind, ending]) => ({ kind: kind as SignatureSeen['kind'], about, tag: `${about.replace(':', '-')}${ending}` })),
  );
  const seen = await Promise.all(wanted.map(async (each) => ((await exists(registry, source, { tag: each.tag, signal })) ? [each] : [])));
  return seen.flat();
}

async function exists(
  registry: Registry,
  { repository }: SourceImage,
  { tag, signal }: { readonly tag: string; readonly signal: AbortSignal | undefined },
): Promise<boolean> {
  try {
    return (await registry.manifest(repository, tag, signal)) !== undefined;
  } catch (error) {
    // Some registries answer 403 to every tag that is not there.
    if (error instanceof ChangeoverError && (error.code === 'denied' || error.code === 'refused')) return false;
    throw error;
  }
}
