import { describe, expect, it } from 'vitest';
import { buildAgentLayer } from './agent-layer.ts';
import { readImageConfig } from './image-config.ts';
import { readManifest } from './manifest.ts';
import { pinnedManifest } from './pinned-manifest.ts';

const layer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from('jar') }], '/changeover');

describe('pinnedManifest', () => {
  it.each(['oci', 'docker'] as const)('is an image of the %s family for no platform, with just the layer', (family) => {
    const { config, manifest } = pinnedManifest(layer, family);

    const read = readManifest(manifest.bytes, manifest.mediaType);
    expect(read).toMatchObject({
      kind: 'image',
      family,
      digest: manifest.digest,
      config: { digest: config.digest, size: config.bytes.length },
      layers: [{ digest: layer.digest, size: layer.size }],
    });
    expect(readImageConfig(config.bytes)).toMatchObject({ os: 'unknown', architecture: 'unknown', diffIds: [layer.diffId] });
  });

  it('depends on the layer alone', () => {
    expect(pinnedManifest(layer, 'oci')).toEqual(pinnedManifest({ ...layer }, 'oci'));
  });
});
