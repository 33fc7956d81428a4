import { ChangeoverError } from '../core/error.ts';
import type { SignatureSeen } from '../core/image-report/image-report.ts';
import type { SourceImage } from '../core/image/source-image.ts';
import type { Registry } from '../ports/registry.ts';

/** What cosign (and others by the OCI referrers tag schema) name after a digest: `sha256-<hex>` and an ending. */
const endings = { signature: '.sig', attestation: '.att', sbom: '.sbom', referrers: '' } as const satisfies {
  readonly [kind in SignatureSeen['kind']]: string;
};

/** Types of what refers to an image, as signers and scanners choose them. */
const types: readonly (readonly [type: RegExp, kind: SignatureSeen['kind']])[] = [
  [/cosign.*\.sig\b|notary\.signature|sigstore\.bundle/, 'signature'],
  [/spdx|cyclonedx|sbom/, 'sbom'],
  [/in-toto|attestation|slsa/, 'attestation'],
];

/**
 * Looks for signatures, attestations and SBOMs of an image and its platforms: by tag, in the referrers, and among the children of its index.
 * Where one may not be looked for, it counts as absent.
 */
export async function findSignatures(registry: Registry, source: SourceImage, signal?: AbortSignal): Promise<readonly SignatureSeen[]> {
  const digests = [...new Set([source.digest, ...source.platforms.map((platform) => platform.stored)])];
  const tags = await unlessDenied(async () => (await registry.tags(source.repository, signal)) ?? [], undefined);
  const [byTag, referring] = await Promise.all([
    Promise.all(digests.map((about) => findByTag(registry, source, { about, tags, signal }))),
    Promise.all(digests.map((about) => findReferring(registry, source, { about, signal }))),
  ]);
  return [...byTag.flat(), ...referring.flat()];
}

interface Wanted {
  readonly about: string;
  readonly signal: AbortSignal | undefined;
}

/** Without the list of tags, each is asked for. */
async function findByTag(
  registry: Registry,
  { repository }: SourceImage,
  { about, tags, signal }: Wanted & { readonly tags: readonly string[] | undefined },
): Promise<readonly SignatureSeen[]> {
  const wanted = Object.entries(endings).map(([kind, ending]) => ({ kind: kind as SignatureSeen['kind'], about, tag: `${about.replace(':', '-')}${ending}` }));
  if (tags) return wanted.filter((each) => tags.includes(each.tag));
  const asked = wanted.map(async (each) => {
    const there = await unlessDenied(async () => (await registry.manifest(repository, each.tag, signal)) !== undefined, false);
    return there ? [each] : [];
  });
  return (await Promise.all(asked)).flat();
}

/** Each is told by its digest, since it has no tag. */
async function findReferring(registry: Registry, { repository }: SourceImage, { about, signal }: Wanted): Promise<readonly SignatureSeen[]> {
  const referrers = await unlessDenied(() => registry.referrers(repository, about, signal), []);
  return referrers.map(({ artifactType, digest }) => ({ kind: types.find(([type]) => type.test(artifactType))?.[1] ?? 'referrers', about, tag: digest }));
}

async function unlessDenied<T, U>(ask: () => Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await ask();
  } catch (error) {
    // Some registries answer 403 to everything that is not there, and to lists.
    if (error instanceof ChangeoverError && (error.code === 'denied' || error.code === 'refused' || error.code === 'too-large')) return otherwise;
    throw error;
  }
}
