import type { StoredConfig } from './image-config.ts';
import type { ImageFacts } from './image-facts.ts';

/** Labels of an image that we rewrote. */
export const ourLabels = {
  /** Digest of the manifest that was rewritten. */
  source: 'dev.changeover.source',
  /** That image's name, fully qualified. */
  sourceName: 'dev.changeover.source.name',
  agent: 'dev.changeover.agent',
  version: 'dev.changeover.version',
  /** sha256 (hex) of everything the rewrite changed. */
  edits: 'dev.changeover.edits',
  /** Number of the original's layers, then the diff IDs of ours on top of them, separated by spaces. */
  layers: 'dev.changeover.layers',
  /** How to get the original manifest and config back, to the byte (see `stripOurs`). */
  undo: 'dev.changeover.undo',
  /** What the original's own base annotations said. */
  previousBaseName: 'dev.changeover.previous.base.name',
  previousBaseDigest: 'dev.changeover.previous.base.digest',
} as const;

/**
 * What our labels say, where they are about this very image: an image built on top of one of ours inherits the labels, has more layers, and is
 * not ours.
 */
export function readOurs({ labels, diffIds, env }: Pick<StoredConfig, 'labels' | 'diffIds'> & Partial<Pick<StoredConfig, 'env'>>): ImageFacts['ours'] {
  const [below, ...ours] = (labels[ourLabels.layers] ?? '').split(' ');
  const sourceDigest = labels[ourLabels.source];
  if (sourceDigest === undefined || diffIds.length !== Number(below) + ours.length || diffIds.slice(Number(below)).join(' ') !== ours.join(' '))
    return undefined;
  return {
    sourceDigest,
    sourceName: labels[ourLabels.sourceName] ?? '',
    agent: labels[ourLabels.agent] ?? '',
    version: labels[ourLabels.version] ?? '',
    edits: labels[ourLabels.edits] ?? '',
    ...(env ? { env } : {}),
  };
}
