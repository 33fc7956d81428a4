import { describe, expect, it } from 'vitest';
import { imageFacts } from './assemble-facts.ts';
import type { StoredConfig } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';

const config: StoredConfig = {
  os: 'linux',
  architecture: 'amd64',
  entrypoint: [],
  cmd: [],
  env: [],
  workingDir: '',
  user: '',
  volumes: [],
  labels: {
    'dev.changeover.source': 'sha256:original',
    'dev.changeover.agent': 'opentelemetry',
    'dev.changeover.version': '2.33.1',
    'dev.changeover.edits': 'e',
    'dev.changeover.layers': '1 sha256:ours',
  },
  diffIds: ['sha256:base', 'sha256:ours'],
  history: [],
};
const layers = ['sha256:l1', 'sha256:l2'].map((digest) => ({ digest, size: 1, mediaType: 'm', annotations: {} }));
const manifest: ImageManifest = {
  kind: 'image',
  family: 'oci',
  mediaType: 'm',
  digest: 'sha256:child',
  config: { digest: 'c', size: 1, mediaType: 'm', annotations: {} },
  layers,
  annotations: {},
};
const pieces = { repository: { registry: 'r.example.com', path: 'app' }, digest: 'sha256:index', manifest, config };
const scanned = layers.map(({ digest }) => ({
  digest,
  entries: [{ path: `/${digest}`, type: 'file' as const, mode: 0, uid: 0, gid: 0, mtime: 0, size: 0 }],
  texts: {},
  references: {},
}));

describe('imageFacts', () => {
  it('puts the pieces together', () => {
    const { files, config: runtime, ...facts } = imageFacts({ ...pieces, layers: scanned });

    expect(facts).toEqual({
      repository: pieces.repository,
      digest: 'sha256:index',
      manifestDigest: 'sha256:child',
      mediaType: 'm',
      layers: [
        { digest: 'sha256:l1', size: 1, mediaType: 'm' },
        { digest: 'sha256:l2', size: 1, mediaType: 'm' },
      ],
      ours: { sourceDigest: 'sha256:original', sourceName: '', agent: 'opentelemetry', version: '2.33.1', edits: 'e' },
    });
    expect(files?.children('/')).toEqual(['sha256:l1', 'sha256:l2']);
    expect(runtime).not.toHaveProperty('diffIds');
  });

  it('knows no files where the layers were not scanned', () => {
    const facts = imageFacts({ ...pieces, scanProblem: 'zstd' });

    expect(facts).not.toHaveProperty('files');
    expect(facts.scanProblem).toBe('zstd');
  });

  it.each([
    ['no labels', { ...config, labels: {} }],
    ['more layers on top', { ...config, diffIds: [...config.diffIds, 'sha256:app'] }],
    ['other layers on top', { ...config, diffIds: ['sha256:base', 'sha256:app'] }],
  ])('does not take an image with %s for ours', (_name, config) => {
    expect(imageFacts({ ...pieces, config })).not.toHaveProperty('ours');
  });

  it('rejects layers of another image', () => {
    expect(() => imageFacts({ ...pieces, layers: scanned.toReversed() })).toThrow('not those of sha256:child');
  });
});
