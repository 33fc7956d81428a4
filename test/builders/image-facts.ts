import { mergeLayers } from '../../src/core/image/image-files.ts';
import type { ImageConfig, ImageFacts, LayerEntry } from '../../src/core/image/image-facts.ts';

/** Facts of an image whose one layer holds these files: texts by path, `-> target` being a symlink, a path with `/` at its end a folder. */
export function factsOf(files: { readonly [path: string]: string } | undefined, config: Partial<ImageConfig> = {}): ImageFacts {
  const digest = `sha256:${'1'.repeat(64)}`;
  const paths = Object.entries(files ?? {});
  const entries = paths.map(([path, text]) => entryOf(path, text));
  const texts = Object.fromEntries(paths.filter(([path, text]) => !path.endsWith('/') && !text.startsWith('-> ')));
  return {
    repository: { registry: 'registry.example.com', path: 'shop/orders' },
    digest,
    manifestDigest: digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      os: 'linux',
      architecture: 'amd64',
      entrypoint: ['java', '-jar', 'a.jar'],
      cmd: [],
      env: [],
      workingDir: '/app',
      user: '',
      labels: {},
      volumes: [],
      ...config,
    },
    layers: [],
    ...(files ? { files: mergeLayers([{ digest, entries, texts, references: {} }]) } : { scanProblem: 'the layer scan is off' }),
  };
}

function entryOf(path: string, text: string): LayerEntry {
  const common = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: text.length };
  if (path.endsWith('/')) return { ...common, path: path.slice(0, -1), type: 'directory', mode: 0o755 };
  return text.startsWith('-> ') ? { ...common, path, type: 'symlink', link: text.slice(3) } : { ...common, path, type: 'file' };
}
