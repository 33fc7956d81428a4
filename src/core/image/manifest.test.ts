import { describe, expect, it } from 'vitest';
import { sha256Digest } from './digest.ts';
import { choosePlatform, linuxImages, readManifest } from './manifest.ts';
import type { ImageIndex } from './manifest.ts';
import { mediaTypes } from './media-types.ts';

const digest = (n: number): string => `sha256:${`${n}`.repeat(64)}`;
const bytes = (document: object): Uint8Array => new TextEncoder().encode(JSON.stringify(document));
const { oci, docker } = mediaTypes;
const image = {
  schemaVersion: 2,
  mediaType: oci.manifest,
  config: { mediaType: oci.config, digest: digest(1), size: 10 },
  layers: [{ mediaType: oci.layer, digest: digest(2), size: 20, annotations: null }],
};
const child = (n: number, platform?: object, more?: object): object => ({
  mediaType: oci.manifest,
  digest: digest(n),
  size: n,
  ...(platform && { platform }),
  ...more,
});
const indexOf = (...manifests: readonly object[]): Uint8Array => bytes({ schemaVersion: 2, mediaType: oci.index, manifests });

describe('readManifest', () => {
  it.each(['oci', 'docker'] as const)('reads an image and an index of the %s family', (family) => {
    const types = mediaTypes[family];
    const manifest = bytes({ ...image, mediaType: types.manifest, config: { ...image.config, mediaType: types.config }, annotations: { a: 'b' } });
    const index = bytes({ schemaVersion: 2, manifests: [child(3, { os: 'linux', architecture: 'arm64', variant: 'v8' })] });

    expect(readManifest(manifest, types.manifest)).toEqual({
      kind: 'image',
      family,
      mediaType: types.manifest,
      digest: sha256Digest(manifest),
      config: { mediaType: types.config, digest: digest(1), size: 10, annotations: {} },
      layers: [{ mediaType: oci.layer, digest: digest(2), size: 20, annotations: {} }],
      annotations: { a: 'b' },
    });
    expect(readManifest(index, `${types.index}; charset=utf-8`)).toEqual({
      kind: 'index',
      family,
      mediaType: types.index,
      digest: sha256Digest(index),
      manifests: [{ mediaType: oci.manifest, digest: digest(3), size: 3, annotations: {}, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }],
    });
  });

  it.each<[name: string, layerType: string]>([
    ['zstd', 'application/vnd.oci.image.layer.v1.tar+zstd'],
    ['a foreign layer', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'],
    ['a non-distributable layer', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'],
    ['an encrypted layer', 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'],
  ])('accepts %s', (_name, mediaType) => {
    const read = readManifest(bytes({ ...image, layers: [{ ...image.layers[0], mediaType }] }), oci.manifest);

    expect(read.kind).toBe('image');
  });

  it.each<[rule: string, message: string, document: object, mediaType: string]>([
    ['schema-1', 'schema 1', { schemaVersion: 1, fsLayers: [] }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['schema-1', 'schema 1', { schemaVersion: 1, fsLayers: [] }, 'application/json'],
    ['not-an-image', 'not the media type', image, 'application/vnd.example+json'],
    ['helm-chart', 'a Helm chart', { ...image, config: { ...image.config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } }, oci.manifest],
    ['artifact', 'an artifact', { ...image, config: { ...image.config, mediaType: 'application/vnd.oci.empty.v1+json' } }, oci.manifest],
    ['unknown-layer', 'in-toto', { ...image, layers: [{ ...image.layers[0], mediaType: 'application/vnd.in-toto+json' }] }, oci.manifest],
    ['nydus-layer', 'Nydus', { ...image, layers: [{ ...image.layers[0], annotations: { 'containerd.io/snapshot/nydus-bootstrap': 'true' } }] }, oci.manifest],
    ['nydus-layer', 'nydus.blob', { ...image, layers: [{ ...image.layers[0], mediaType: 'application/vnd.oci.image.layer.nydus.blob.v1' }] }, oci.manifest],
    ['manifest-contradicts-itself', 'was served as', image, docker.manifest],
    ['manifest-contradicts-itself', 'list of manifests', { ...image, manifests: [] }, oci.manifest],
    ['manifest-contradicts-itself', 'config or layers', { ...image, mediaType: oci.index, manifests: [] }, oci.index],
  ])('refuses by the rule %s (%s)', (rule, message, document, mediaType) => {
    expect(() => readManifest(bytes(document), mediaType)).toThrow(
      expect.objectContaining({ rule, message: expect.stringContaining(message), target: sha256Digest(bytes(document)) }),
    );
  });

  it.each([
    ['config', { ...image, config: undefined }],
    ['layers.0.digest', { ...image, layers: [{ ...image.layers[0], digest: 'latest' }] }],
  ])('names the member that is not as it should be: %s', (member, document) => {
    expect(() => readManifest(bytes(document), oci.manifest)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(member) }),
    );
  });

  it('throws unsupported for what is not JSON or not UTF-8', () => {
    expect(() => readManifest(Buffer.from('<html>'), oci.manifest)).toThrow(expect.objectContaining({ code: 'unsupported' }));
    expect(() => readManifest(Uint8Array.of(0x22, 0xff, 0x22), oci.manifest)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});

describe('linuxImages', () => {
  const linux = (architecture: string): object => ({ os: 'linux', architecture });

  it('are the images of every architecture, and neither other systems nor what describes an image', () => {
    const attestation = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest(1) } };
    const index = indexOf(
      child(1, linux('amd64')),
      child(2, linux('arm64')),
      child(3, { os: 'windows', architecture: 'amd64' }),
      child(4, { os: 'unknown', architecture: 'unknown' }, attestation),
      child(5, linux('amd64'), { artifactType: 'application/vnd.amazon.soci.index.v2+json' }),
      child(6, linux('amd64'), { annotations: { 'com.amazon.soci.image-manifest-digest': digest(1) } }),
      child(7, linux('amd64'), { mediaType: 'application/vnd.example' }),
      child(8),
    );

    expect(linuxImages(readManifest(index, oci.index) as ImageIndex).map((each) => each.digest)).toEqual([digest(1), digest(2)]);
  });

  it('is the only child where it names no platform', () => {
    expect(linuxImages(readManifest(indexOf(child(8)), oci.index) as ImageIndex)).toHaveLength(1);
  });
});

describe('choosePlatform', () => {
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const arm = { os: 'linux', architecture: 'arm' };
  const choose = (index: Uint8Array, platform: { os: string; architecture: string; variant?: string }): string =>
    choosePlatform(readManifest(index, oci.index) as ImageIndex, platform).digest;

  it.each<[name: string, index: Uint8Array, digest: string]>([
    ['the first match', indexOf(child(1, arm), child(2, amd64), child(3, amd64)), digest(2)],
    ['an image and no attestation', indexOf(child(1, { os: 'unknown', architecture: 'unknown' }), child(2, amd64)), digest(2)],
    ['no foreign artifact', indexOf(child(1, amd64, { mediaType: 'application/vnd.example' }), child(2, amd64)), digest(2)],
    ['the only child where it names no platform', indexOf(child(4)), digest(4)],
  ])('chooses %s', (_name, index, expected) => {
    expect(choose(index, amd64)).toBe(expected);
  });

  it('tells variants apart', () => {
    const index = indexOf(child(6, { ...arm, variant: 'v6' }), child(7, { ...arm, variant: 'v7' }));

    expect(choose(index, { ...arm, variant: 'v7' })).toBe(digest(7));
    expect(() => choose(index, arm)).toThrow('several variants of linux/arm: v6, v7');
  });

  it('says which platforms there are', () => {
    expect(() => choose(indexOf(child(1, arm), child(2)), amd64)).toThrow(
      expect.objectContaining({ code: 'unsupported', hint: 'Its platforms are: linux/arm, not named.' }),
    );
  });
});
