import type { BuiltLayer } from './built-layer.ts';
import { sha256Digest } from './digest.ts';
import { mediaTypes } from './media-types.ts';
import type { Family } from './media-types.ts';

/** A config and a manifest to push, in this order. */
export interface PinnedManifest {
  readonly config: { readonly digest: string; readonly bytes: Uint8Array };
  readonly manifest: { readonly digest: string; readonly mediaType: string; readonly bytes: Uint8Array };
}

/**
 * A small image for no platform that holds just this layer. Pushed by digest to the repository the layer is mounted from, it keeps the layer from being
 * collected as garbage, and makes it mountable on registries that mount only what a manifest refers to. It depends on the layer alone.
 */
export function pinnedManifest(layer: BuiltLayer, family: Family): PinnedManifest {
  const types = mediaTypes[family];
  const config = encode({ architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: [layer.diffId] } });
  const manifest = encode({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: sha256Digest(config), size: config.length },
    layers: [{ mediaType: types.layer, digest: layer.digest, size: layer.size }],
  });
  return {
    config: { digest: sha256Digest(config), bytes: config },
    manifest: { digest: sha256Digest(manifest), mediaType: types.manifest, bytes: manifest },
  };
}

function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
