import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildAgentLayer } from '../../src/core/image/agent-layer.ts';
import { sha256Digest } from '../../src/core/image/digest.ts';
import type { ImageEdits } from '../../src/core/image/image-edits.ts';
import type { LayerEntry } from '../../src/core/image/image-facts.ts';
import { mergeLayers } from '../../src/core/image/image-files.ts';
import { lintLayer } from '../../src/core/image/lint-layer.ts';
import { mediaTypes } from '../../src/core/image/media-types.ts';
import { buildPathLayer, type LayerChange } from '../../src/core/image/path-layer.ts';
import { rewriteImage } from '../../src/core/image/rewrite-image.ts';
import { rewriteIndex } from '../../src/core/image/rewrite-index.ts';
import { changed, imageAfter, javaImage, OTEL, SWJ } from '../builders/service.ts';

const agent = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from('jar') }], '/changeover');
const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 1_700_000_000, size: 0 };
const entries: readonly LayerEntry[] = [
  { ...attributes, path: '/home', type: 'directory' },
  { ...attributes, path: '/home/admin', type: 'directory', mode: 0o750, uid: 1000, gid: 1000 },
  { ...attributes, path: '/home/admin/sw', type: 'directory' },
  { ...attributes, path: '/home/admin/sw/skywalking-agent.jar', type: 'file' },
];
const files = mergeLayers([{ digest: 'sha256:0', entries, texts: {}, references: {} }]);
const edits: ImageEdits = {
  origin: { name: 'r.example.com/shop/orders', agent: 'opentelemetry', version: '2.33.1' },
  layers: [
    { layer: agent, createdBy: 'agent' },
    { layer: pathLayer({ kind: 'whiteout', path: '/home/admin/sw' }), createdBy: 'paths' },
  ],
  env: { set: { JAVA_TOOL_OPTIONS: `-javaagent:${OTEL}` } },
};

interface Manifest {
  readonly mediaType: string;
  readonly config: { readonly mediaType: string; readonly digest: string };
  readonly layers: readonly { readonly mediaType: string; readonly digest: string }[];
}

interface Config {
  readonly config: { readonly [key: string]: unknown };
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history: readonly { readonly empty_layer?: boolean }[];
}

describe('an image that is rewritten', () => {
  it('as Docker manifest, with 3 layers and 5 steps of which 2 made none: stays Docker, 5 layers, each with its step, the first 3 as they were', () => {
    const source = imageOf({ history: [{}, { empty_layer: true }, {}, { empty_layer: true }, {}] }, 'docker');

    const result = rewriteImage(source, edits);

    const manifest = parse<Manifest>(result.manifest);
    const config = parse<Config>(result.config);
    expect([manifest.mediaType, manifest.config.mediaType]).toEqual([mediaTypes.docker.manifest, mediaTypes.docker.config]);
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual(Array.from({ length: 5 }, () => mediaTypes.docker.layer));
    expect(manifest.layers.slice(0, 3)).toEqual(parse<Manifest>(source.manifest).layers);
    expect(config.rootfs.diff_ids).toHaveLength(5);
    expect(config.history.filter((step) => step.empty_layer !== true)).toHaveLength(5);
  });

  it('for two platforms: both rewritten with one agent blob, order, platforms and annotations of the index kept, the attestation of each dropped', () => {
    const sources = ['amd64', 'arm64'].map((architecture) => imageOf({ architecture }));
    const children = sources.map(({ manifest }, at) => ({
      ...descriptor(manifest),
      platform: { os: 'linux', architecture: ['amd64', 'arm64'][at] },
      annotations: { at: `${at}` },
    }));
    const windows = { ...descriptor(Buffer.from('windows')), platform: { os: 'windows', architecture: 'amd64', 'os.version': '10' } };
    const attestations = sources.map(({ manifest }) => ({
      ...descriptor(Buffer.from(`proof of ${sha256Digest(manifest)}`)),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': sha256Digest(manifest) },
    }));
    const index = encode({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.index,
      manifests: [children[0], windows, children[1], ...attestations],
      annotations: { a: 'b' },
    });

    const results = sources.map((source) => rewriteImage(source, edits));
    const replacements = new Map(
      sources.map(({ manifest }, at) => [sha256Digest(manifest), { digest: results[at]?.manifestDigest ?? '', size: results[at]?.manifest.length ?? 0 }]),
    );
    const rewritten = rewriteIndex({ index, mediaType: mediaTypes.oci.index }, replacements);

    expect(parse<object>(rewritten.index)).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.index,
      manifests: [replaced(0), windows, replaced(1)],
      annotations: { a: 'b' },
    });
    expect(results.map(({ manifest }) => parse<Manifest>(manifest).layers[3]?.digest)).toEqual([agent.digest, agent.digest]);
    expect(rewritten.dropped).toEqual(attestations.map(({ digest }) => digest));

    function replaced(at: number): object {
      return { ...children[at], digest: results[at]?.manifestDigest, size: results[at]?.manifest.length };
    }
  });

  it('keeps every field that nobody named: only what was planned differs', () => {
    const runtime = '{"Healthcheck":{"Test":["NONE"]},"OnBuild":null,"Shell":["/bin/sh"],"Labels":{"__proto__":"x","b":"1"},"Env":["A=1"]}';
    const source = imageOf({ 'x-unknown': { '2': 1, '1': [] }, 'moby.buildkit.cache.v0': 'e30=', created: '2020-01-01T00:00:00Z' }, 'oci', runtime);

    const after = parse<Config>(rewriteImage(source, edits).config);

    const before = parse<Config>(source.config);
    const ours = Object.entries(after.config['Labels'] as object).filter(([label]) => !label.startsWith('dev.changeover.'));
    expect(Object.fromEntries(ours)).toEqual(before.config['Labels']);
    expect(ours.map(([label]) => label)).toContain('__proto__');
    expect({ ...after, config: { ...after.config, Labels: 0 }, rootfs: 0, history: 0 }).toEqual({
      ...before,
      config: { ...before.config, Labels: 0, Env: ['A=1', `JAVA_TOOL_OPTIONS=-javaagent:${OTEL}`] },
      rootfs: 0,
      history: 0,
    });
  });

  it('with the flag in its entrypoint: the token goes, and the command stays', () => {
    const spec = { image: javaImage({ Entrypoint: ['java', `-javaagent:${SWJ}=x`, '-jar', 'a.jar'], Cmd: ['--p'] }) };

    const { config } = imageAfter(changed(spec));

    expect([config.entrypoint, config.cmd]).toEqual([['java', '-jar', 'a.jar'], ['--p']]);
  });
});

describe('a layer for the place of the old agent', () => {
  it('repeats the folders above it with their mode and owner', () => {
    expect(listing(pathLayer({ kind: 'whiteout', path: '/home/admin/sw' }).bytes)).toEqual([
      'drwxr-xr-x 0/0 home/',
      'drwxr-x--- 1000/1000 home/admin/',
      '-rw-r--r-- 0/0 home/admin/.wh.sw',
    ]);
  });

  it('empties the folder by an opaque marker where something new comes to the same place', () => {
    const layer = pathLayer({ kind: 'opaque', path: '/home/admin/sw' }, { kind: 'symlink', path: '/home/admin/sw/skywalking-agent.jar', target: OTEL });

    expect(listing(layer.bytes).slice(3)).toEqual([
      '-rw-r--r-- 0/0 home/admin/sw/.wh..wh..opq',
      `lrwxrwxrwx 0/0 home/admin/sw/skywalking-agent.jar -> ${OTEL}`,
    ]);
  });

  it('never both deletes and makes a path: the linter stops it', () => {
    const at = { uid: 0, gid: 0, mtime: 1, mode: 0o755 };
    const layer = [
      { ...at, kind: 'file', path: '.wh.sw', bytes: new Uint8Array() },
      { ...at, kind: 'directory', path: 'sw' },
    ] as const;

    expect(() => lintLayer(layer, { mtime: 1 })).toThrow('created again in the same layer');
  });
});

function pathLayer(...changes: readonly LayerChange[]) {
  const result = buildPathLayer(files, changes);
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.finding));
  return result.layer;
}

function imageOf(more: object, family: 'oci' | 'docker' = 'oci', runtime = '{}') {
  const types = mediaTypes[family];
  const document = JSON.stringify({ os: 'linux', architecture: 'amd64', ...more, config: 0, rootfs: { type: 'layers', diff_ids: ['a', 'b', 'c'] } });
  const config = Buffer.from(document.replace('"config":0', `"config":${runtime}`));
  const manifest = encode({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: sha256Digest(config), size: config.length },
    layers: ['a', 'b', 'c'].map((layer) => ({ mediaType: types.layer, digest: sha256Digest(layer), size: 1 })),
  });
  return { manifest, mediaType: types.manifest, config };
}

function descriptor(bytes: Uint8Array) {
  return { mediaType: mediaTypes.oci.manifest, digest: sha256Digest(bytes), size: bytes.length };
}

function listing(bytes: Uint8Array): readonly string[] {
  const listed = execFileSync('tar', ['-tvzf', '-', '--utc', '--numeric-owner'], { input: bytes, encoding: 'utf8' });
  return listed
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' ').replace(/^(\S+ \S+) \S+ \S+ \S+ /, '$1 '));
}

function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}

function parse<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}
