import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAgentLayer } from './agent-layer.ts';
import { sha256Digest } from './digest.ts';
import type { ImageEdits } from './image-edits.ts';
import { mediaTypes } from './media-types.ts';
import type { Family } from './media-types.ts';
import { rewriteImage } from './rewrite-image.ts';
import { stripOurs } from './strip-ours.ts';
import type { ImageSource } from './strip-ours.ts';

const layer = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from('jar') }], '/changeover');
const other = buildAgentLayer([{ path: 'agent/javaagent.jar', bytes: Buffer.from('newer') }], '/changeover');
const origin = { name: 'r.example.com/team/app', agent: 'opentelemetry', version: '2.33.1' };
const edits: ImageEdits = {
  origin,
  layers: [{ layer, createdBy: 'agent layer' }],
  env: { set: { JAVA_TOOL_OPTIONS: '-Dnew', OTEL_X: 'y' }, remove: ['SW_AGENT_NAME', 'NONE'] },
};

const CONFIG = `{
  "created": "2020-01-01T00:00:00Z", "architecture": "amd64", "os": "linux", "big": 9007199254740993,
  "config": {"Env": ["PATH=/bin", "JAVA_TOOL_OPTIONS=-Da\\u0026b", "SW_AGENT_NAME=x", "JAVA_TOOL_OPTIONS=last"], "Cmd": ["--p"], "Entrypoint": ["java"],
    "Healthcheck": {"Test": ["NONE"]}, "OnBuild": null, "Labels": {"__proto__": "kept", "a": "\\u003c"}},
  "moby.buildkit.cache.v0": "e30=", "x-unknown": {"2": 1, "1": 2},
  "rootfs": {"type": "layers", "diff_ids": ["sha256:1", "sha256:2", "sha256:3"]},
  "history": [{"created_by": "a"}, {"created_by": "b", "empty_layer": true}, {"created_by": "c"}, {"empty_layer": true}, {"created_by": "d"}]
}`;

/** An image of a family around a config's text, with as many layers as given. */
function imageOf(config: string, { layers = 3, family = 'oci', more = '' }: { layers?: number; family?: Family; more?: string } = {}): ImageSource {
  const types = mediaTypes[family];
  const bytes = new TextEncoder().encode(config);
  const descriptors = Array.from(
    { length: layers },
    (_, index) => `{ "mediaType":"${types.layer}","size":${index},"digest":"sha256:${'0'.repeat(63)}${index % 10}","annotations":{"toc":"t"} }`,
  );
  const manifest = `{ "schemaVersion": 2, "mediaType":"${types.manifest}",
    "config": {"mediaType":"${types.config}","data":"b2xk","digest":"${sha256Digest(bytes)}","size":${bytes.length}},"layers": [${descriptors.join(', ')}]${more} }`;
  return { manifest: new TextEncoder().encode(manifest), mediaType: types.manifest, config: bytes };
}

function encryptedImage(): ImageSource {
  const image = imageOf(CONFIG);
  return { ...image, manifest: Buffer.from(text(image.manifest).replace('tar+gzip"', 'tar+gzip+encrypted"')) };
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

interface Config {
  readonly config: { readonly [key: string]: unknown };
  readonly rootfs: unknown;
  readonly history: readonly { readonly empty_layer?: boolean }[];
}

interface Manifest {
  readonly config: object;
  readonly layers: readonly unknown[];
  readonly annotations?: object;
}

const parseConfig = (bytes: Uint8Array): Config => JSON.parse(text(bytes)) as Config;
const parseManifest = (bytes: Uint8Array): Manifest => JSON.parse(text(bytes)) as Manifest;

describe('rewriteImage', () => {
  it.each(['oci', 'docker'] as const)('adds layers in the media types of the %s family and keeps the others byte for byte', (family) => {
    const source = imageOf(CONFIG, { family });

    const result = rewriteImage(source, {
      ...edits,
      layers: [
        { layer, createdBy: 'agent' },
        { layer: other, createdBy: 'paths' },
      ],
    });

    const manifest = parseManifest(result.manifest);
    expect(manifest).toMatchObject({
      mediaType: mediaTypes[family].manifest,
      config: { mediaType: mediaTypes[family].config, digest: result.configDigest, size: result.config.length },
    });
    expect(manifest.layers.slice(3)).toEqual([
      { mediaType: mediaTypes[family].layer, digest: layer.digest, size: layer.size },
      { mediaType: mediaTypes[family].layer, digest: other.digest, size: other.size },
    ]);
    expect(text(result.manifest)).toContain(/\[\{ .* \}(?=\])/.exec(text(source.manifest))?.[0]);
    expect(manifest.config).not.toHaveProperty('data');
    expect([result.manifestDigest, result.configDigest]).toEqual([sha256Digest(result.manifest), sha256Digest(result.config)]);
    expect(manifest.annotations).toEqual(
      family === 'docker'
        ? undefined
        : { 'org.opencontainers.image.base.name': origin.name, 'org.opencontainers.image.base.digest': sha256Digest(source.manifest) },
    );
  });

  it('changes in the config what was asked for, and nothing else', () => {
    const result = rewriteImage(imageOf(CONFIG), edits);

    const { config, rootfs, history, ...others } = parseConfig(result.config);
    const { config: oldConfig, rootfs: _rootfs, history: _history, ...oldOthers } = JSON.parse(CONFIG) as Config;
    expect(others).toEqual(oldOthers);
    expect(text(result.config)).toContain('"big": 9007199254740993');
    expect(text(result.config)).toContain('"__proto__": "kept", "a": "\\u003c"');
    expect(config['Env']).toEqual(['PATH=/bin', 'JAVA_TOOL_OPTIONS=-Dnew', 'JAVA_TOOL_OPTIONS=-Dnew', 'OTEL_X=y']);
    expect({ ...config, Env: oldConfig['Env'], Labels: oldConfig['Labels'] }).toEqual(oldConfig);
    expect(rootfs).toEqual({ type: 'layers', diff_ids: ['sha256:1', 'sha256:2', 'sha256:3', layer.diffId] });
    expect(history.slice(5)).toEqual([{ created_by: 'agent layer', comment: 'changeover' }]);
  });

  it('says in labels what was done', () => {
    const source = imageOf(CONFIG, { more: ',"annotations":{"org.opencontainers.image.base.name":"debian","com.amazon.soci.index-digest":"sha256:s"}' });

    const result = rewriteImage(source, { ...edits, labels: { mine: '1' } });

    expect(parseConfig(result.config).config['Labels']).toMatchObject({
      mine: '1',
      'dev.changeover.source': sha256Digest(source.manifest),
      'dev.changeover.source.name': 'r.example.com/team/app',
      'dev.changeover.agent': 'opentelemetry',
      'dev.changeover.version': '2.33.1',
      'dev.changeover.edits': expect.stringMatching(/^[0-9a-f]{64}$/),
      'dev.changeover.layers': `3 ${layer.diffId}`,
      'dev.changeover.previous.base.name': 'debian',
    });
    expect(parseManifest(result.manifest).annotations).toEqual({
      'org.opencontainers.image.base.name': origin.name,
      'org.opencontainers.image.base.digest': sha256Digest(source.manifest),
    });
  });

  it('replaces the entrypoint and keeps the command, unless that is replaced as well', () => {
    const entrypoint = parseConfig(rewriteImage(imageOf(CONFIG), { ...edits, entrypoint: ['/bin/sh', 's'] }).config).config;
    const both = parseConfig(rewriteImage(imageOf(CONFIG), { ...edits, entrypoint: ['/bin/sh', 's'], cmd: [] }).config).config;

    expect([entrypoint['Entrypoint'], entrypoint['Cmd']]).toEqual([['/bin/sh', 's'], ['--p']]);
    expect([both['Entrypoint'], both['Cmd']]).toEqual([['/bin/sh', 's'], []]);
  });

  it.each<[name: string, history: string, expected: readonly boolean[]]>([
    ['is missing', '', [false, false]],
    ['is null', ',"history":null', [false, false]],
    ['has too few entries', ',"history":[{"empty_layer":true}]', [true, false, false]],
    ['has too many', ',"history":[{},{},{"created_by":"x"}]', [false, true, true, false]],
  ])('leaves one history entry for each layer where the history %s', (_name, history, expected) => {
    const source = imageOf(`{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:1"]}${history}}`, { layers: 1 });

    const result = parseConfig(rewriteImage(source, edits).config);

    expect(result.history.map((entry) => entry.empty_layer ?? false)).toEqual(expected);
    expect(result.config['Env']).toEqual(['JAVA_TOOL_OPTIONS=-Dnew', 'OTEL_X=y']);
  });

  it('gives the same bytes for the same edits, however they are ordered', () => {
    const result = rewriteImage(imageOf(CONFIG), edits);

    const again = rewriteImage(imageOf(CONFIG), { ...edits, env: { remove: ['NONE', 'SW_AGENT_NAME'], set: { OTEL_X: 'y', JAVA_TOOL_OPTIONS: '-Dnew' } } });

    expect(again).toEqual(result);
  });

  it('puts new layers on the original where the image is a result of ours', () => {
    const newer: ImageEdits = { ...edits, origin: { ...origin, version: '3' }, layers: [{ layer: other, createdBy: 'newer' }], env: { set: { OTEL_X: 'z' } } };

    const twice = rewriteImage(rewriteImage(imageOf(CONFIG), edits), newer);

    expect(twice).toEqual(rewriteImage(imageOf(CONFIG), newer));
  });

  it.each([
    ['zstd', 'application/vnd.oci.image.layer.v1.tar+zstd', '{}'],
    ['eStargz', mediaTypes.oci.layer, '{"containerd.io/snapshot/stargz/toc.digest":"sha256:toc", "io.containers.estargz.uncompressed-size":"5"}'],
    ['foreign', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', '{}'],
  ])('leaves the descriptor of a %s layer as it is, to the byte, and puts gzip on top', (_name, mediaType, annotations) => {
    const plain = imageOf(CONFIG);
    const descriptor = `{"mediaType":"${mediaType}", "digest":"sha256:${'a'.repeat(64)}","size": 7,"urls":["https://e.example.com/l"], "annotations":${annotations}}`;
    const manifest = new TextEncoder().encode(text(plain.manifest).replace(/"layers": \[\{.*?\} \}/, `"layers": [${descriptor}`));

    const result = rewriteImage({ ...plain, manifest }, edits);

    expect(text(manifest)).toContain(descriptor);
    expect(text(result.manifest)).toContain(descriptor);
    expect(parseManifest(result.manifest).layers.at(-1)).toMatchObject({ mediaType: mediaTypes.oci.layer });
  });

  it.each<[rule: string, message: string, source: ImageSource]>([
    ['layers-do-not-match', 'has 3 layers, and its config names 2', imageOf(CONFIG.replace(', "sha256:3"', ''))],
    ['not-linux', 'is for windows', imageOf(CONFIG.replace('"os": "linux"', '"os": "windows"'))],
    ['config-does-not-match', "is not the manifest's", { ...imageOf(CONFIG), config: new TextEncoder().encode(`${CONFIG}\n`) }],
    ['encrypted-layer', 'is encrypted', encryptedImage()],
    [
      'too-many-layers',
      'has 125 layers',
      imageOf(CONFIG.replace(/"diff_ids": \[.*?\]/, `"diff_ids": ${JSON.stringify(Array.from({ length: 125 }, () => 'sha256:1'))}`), { layers: 125 }),
    ],
  ])('refuses by the rule %s an image that %s', (rule, message, source) => {
    expect(() => rewriteImage(source, edits)).toThrow(
      expect.objectContaining({ code: 'refused', rule, target: sha256Digest(source.manifest), message: expect.stringContaining(message) }),
    );
  });

  it('refuses an index', () => {
    const index = { manifest: Buffer.from('{"schemaVersion":2,"manifests":[]}'), mediaType: mediaTypes.oci.index, config: Buffer.from(CONFIG) };

    expect(() => rewriteImage(index, edits)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});

describe('stripOurs', () => {
  it('gives back the original to the byte, whatever was in it and whatever was edited', () => {
    fc.assert(
      fc.property(configs, fc.constantFrom('oci' as const, 'docker' as const), manifestExtras, imageEdits, (config, family, more, edits) => {
        const source = imageOf(config, { family, more, layers: (JSON.parse(config) as { rootfs: { diff_ids: [] } }).rootfs.diff_ids.length });

        const stripped = stripOurs(rewriteImage(source, edits));

        expect(stripped).toEqual(source);
      }),
    );
  });

  it('knows nothing of an image that is not ours', () => {
    expect(stripOurs(imageOf(CONFIG))).toBeUndefined();
  });

  it('takes an image built on top of ours for what it is, and leads back to that', () => {
    const ours = rewriteImage(imageOf(CONFIG), edits);
    const derived = imageOf(text(ours.config).replace(`"${layer.diffId}"]`, `"${layer.diffId}","sha256:app"]`), { layers: 5 });

    expect(stripOurs(derived)).toBeUndefined();
    expect(stripOurs(rewriteImage(derived, edits))).toEqual(derived);
  });

  it.each([
    ['its settings', (config: string) => config.replace('--p', '--q')],
    ['the label that leads back', (config: string) => config.replace('dev.changeover.undo', 'dev.changeover.gone')],
    ['that label to nonsense', (config: string) => config.replace('{\\"config\\":', '{\\"konfig\\":')],
  ])('refuses an image of ours after somebody changed %s', (_name, change) => {
    const ours = rewriteImage(imageOf(CONFIG), edits);
    const changed = imageOf(change(text(ours.config)), { layers: 4 });

    expect(changed.config).not.toEqual(ours.config);
    expect(() => stripOurs(changed)).toThrow(expect.objectContaining({ code: 'refused', target: sha256Digest(changed.manifest) }));
  });
});

const names = fc.constantFrom('A', 'B', 'JAVA_TOOL_OPTIONS', '__proto__');
const value = fc.string({ unit: 'grapheme', maxLength: 5 });
const configs = fc
  .record({
    space: fc.constantFrom(undefined, 1, '\t'),
    env: fc.constantFrom(undefined, null, [], ['A=1', 'B', 'A=2', 'C=ü&<']),
    labels: fc.constantFrom(undefined, null, {}, { z: '1', 'dev.changeover.undo': 'inherited', a: '2' }),
    config: fc.boolean(),
    entrypoint: fc.constantFrom(undefined, null, ['java']),
    diffIds: fc.constantFrom([], ['sha256:1'], ['sha256:1', 'sha256:2']),
    history: fc.constantFrom(undefined, null, [], [{}, {}, {}], [{ empty_layer: true }, { created_by: 'x' }]),
  })
  .map(({ space, env, labels, config, entrypoint, diffIds, history }) => {
    const document = {
      history,
      os: 'linux',
      architecture: 'arm64',
      config: config ? { Env: env, Labels: labels, Entrypoint: entrypoint } : null,
      rootfs: { diff_ids: diffIds, type: 'layers' },
    };
    return JSON.stringify(document, null, space).replaceAll('&', '\\u0026');
  });
const manifestExtras = fc.constantFrom(
  '',
  ',"annotations":null',
  ', "annotations" : {}',
  ',"annotations":{"org.opencontainers.image.base.name":"\\u003c","com.amazon.soci.index-digest":"s","k":"v"}',
);
const imageEdits: fc.Arbitrary<ImageEdits> = fc.record(
  {
    origin: fc.constant(origin),
    layers: fc.subarray([
      { layer, createdBy: 'agent' },
      { layer: other, createdBy: 'paths' },
    ]),
    env: fc.record({ set: fc.dictionary(names, value), remove: fc.array(names, { maxLength: 2 }) }),
    labels: fc.dictionary(fc.constantFrom('a', 'n', 'z'), value),
    entrypoint: fc.array(value, { maxLength: 2 }),
    cmd: fc.array(value, { maxLength: 2 }),
  },
  { requiredKeys: ['origin', 'layers'] },
);
