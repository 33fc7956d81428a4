import { describe, expect, it } from 'vitest';
import { buildAgentLayer } from './agent-layer.ts';
import { sha256Digest } from './digest.ts';
import { mergeLayers } from './image-files.ts';
import { mediaTypes } from './media-types.ts';
import { buildPathLayer } from './path-layer.ts';
import { pinnedManifest } from './pinned-manifest.ts';
import { rewriteImage } from './rewrite-image.ts';

const JAR = '/sw/skywalking-agent.jar';
const attributes = { mode: 0o750, uid: 1000, gid: 1000, mtime: 1_700_000_000.5, size: 0 };
const lower = mergeLayers([
  {
    digest: 'sha256:0',
    texts: {},
    references: {},
    entries: [
      { ...attributes, path: '/sw', type: 'directory', xattrs: { 'user.a': 'YQ==' } },
      { ...attributes, path: JAR, type: 'file' },
      { ...attributes, path: '/sw/plugins', type: 'directory' },
    ],
  },
]);

const GOLDEN = {
  oci: 'sha256:08a4ecbc3a7feef5ad5bd786972f352d1522b4a8f23f12483e08706816259f79',
  docker: 'sha256:43e5cf460bc3e845335863da272428a5d7787188b5865f14bac91634578be846',
} as const;

/** Every other machine and version of Node.js has to come to the same: a plan made on one is carried out on another. */
describe('a digest of ours never changes:', () => {
  const small = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from('jar') }], '/changeover');
  const paths = buildPathLayer(lower, [
    { kind: 'symlink', path: JAR, target: '/changeover/agent/javaagent.jar' },
    { kind: 'whiteout', path: '/sw/plugins' },
  ]);

  it('of an agent layer, small and compressed', () => {
    expect(nameOf(small)).toMatchInlineSnapshot(
      `"sha256:8f67987a333d872194ccbf6c1693badb3b2b2fab94ca0bee60a6355cdcdc498f sha256:6a29709f948f809cc36402ad00f5fc86c2a0a019b69d8cf2184fb926b5d44d81 159"`,
    );
  });

  it('of an agent layer, large and only wrapped', () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) ^ (index >> 8));

    expect(nameOf(buildAgentLayer([{ path: 'agent/javaagent.jar', bytes }], '/changeover'))).toMatchInlineSnapshot(
      `"sha256:cafd30d0d083ec58972f16e3ac6f9c99c393f7b947c2f107dff4b30e68126f06 sha256:22170bd914980baabb5e959dbdd8197dd16ab4a636c7556117e04e10ebddb8ea 202790"`,
    );
  });

  it('of a layer for paths', () => {
    expect(paths.kind === 'built' ? nameOf(paths.layer) : paths).toMatchInlineSnapshot(
      `"sha256:98307e0f95bb6ebc607a9abc3a59938bf84b3182917d4aabd152dc2c7c2cc7c3 sha256:a6b83a4f28a480dacc7608bb6dce3861e28043ec1285318f12de422d5b90ebbb 333"`,
    );
  });

  it('of the manifest that keeps the agent layer', () => {
    expect(pinnedManifest(small, 'oci').manifest.digest).toMatchInlineSnapshot(`"sha256:80fbca33e34f7138c98139e58c495c0cc09cde50118bbda1e646293fbfe60aab"`);
  });

  it.each(['oci', 'docker'] as const)('of a rewritten image of the %s family', (family) => {
    const types = mediaTypes[family];
    const config = Buffer.from('{"os":"linux","architecture":"amd64","config":{"Env":["A=ü"]},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}');
    const layer = { mediaType: types.layer, digest: sha256Digest('layer'), size: 5 };
    const manifest = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: sha256Digest(config), size: config.length },
      layers: [layer],
    };
    const source = { manifest: Buffer.from(JSON.stringify(manifest)), mediaType: types.manifest, config };

    const result = rewriteImage(source, {
      origin: { name: 'r.example.com/app@sha256:0', agent: 'opentelemetry', version: '2.33.1' },
      layers: [{ layer: small, createdBy: 'agent' }],
      env: { set: { B: '2', A: 'é' } },
    });

    expect({ [family]: result.manifestDigest }).toEqual({ [family]: GOLDEN[family] });
  });
});

function nameOf({ digest, diffId, size }: { readonly digest: string; readonly diffId: string; readonly size: number }): string {
  return `${digest} ${diffId} ${size}`;
}
