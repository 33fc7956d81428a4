import { sha256Digest } from './digest.ts';
import { gzipSmallTar } from './gzip-small-tar.ts';
import { gzipStored } from './gzip-stored.ts';
import { lintLayer } from './lint-layer.ts';
import type { ImageFiles } from './image-facts.ts';
import { writeTar } from './tar-writer.ts';
import type { TarEntry } from './tar-writer.ts';

/** A layer of ours, ready to upload. Its media type is chosen by the family of the image it goes into. */
export interface BuiltLayer {
  /** Digest of the compressed bytes: the blob's name. */
  readonly digest: string;
  /** Digest of the tar inside. */
  readonly diffId: string;
  /** Of the compressed bytes. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** Time of everything new in our layers, in seconds: 1980-01-01T00:00:00Z, the oldest that zip tools can hold. */
export const LAYER_TIME = 315_532_800;

/** Up to this size a layer is mostly padding, and worth compressing; above, it holds jars, which are compressed already. In bytes. */
const SMALL = 65_536;

/** Checks the entries against our rules (see `lintLayer`; `lower` = what the layer goes on top of) and packs them. */
export function buildLayer(entries: readonly TarEntry[], lower?: ImageFiles): BuiltLayer {
  lintLayer(entries, { mtime: LAYER_TIME, ...(lower === undefined ? {} : { lower }) });
  const tar = writeTar(entries);
  const bytes = tar.length <= SMALL ? gzipSmallTar(tar) : gzipStored(tar);
  return { digest: sha256Digest(bytes), diffId: sha256Digest(tar), size: bytes.length, bytes };
}
