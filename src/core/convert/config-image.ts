import { imageFacts } from '../image/assemble-facts.ts';
import { sha256Digest } from '../image/digest.ts';
import { readImageConfig } from '../image/image-config.ts';
import { readManifest } from '../image/manifest.ts';
import { mediaTypes } from '../image/media-types.ts';
import type { Repository } from '../image/reference.ts';
import type { SourceImage } from '../image/source-image.ts';

/**
 * An image of which only the config is known: enough to read its environment and command, never to rewrite it. Its
 * digest is empty. Throws `unsupported` for what is not the config of an image.
 */
export function configImage(config: Uint8Array, repository: Repository): SourceImage {
  const read = readImageConfig(config);
  const mediaType = mediaTypes.oci.manifest;
  const descriptor = { mediaType: mediaTypes.oci.config, digest: sha256Digest(config), size: config.length };
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] }));
  const parsed = readManifest(bytes, mediaType);
  if (parsed.kind !== 'image') throw new Error('a manifest that is not one');
  const facts = imageFacts({ repository, digest: '', manifest: parsed, config: read, scanProblem: 'only its config was given' });
  return { repository, digest: '', platforms: [{ stored: '', manifest: { digest: parsed.digest, mediaType, bytes }, parsed, config, facts }] };
}
