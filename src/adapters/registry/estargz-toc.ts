import { posix } from 'node:path';
import { z } from 'zod';
import type { LayerEntry } from '../../core/image/image-facts.ts';

/** On a layer's descriptor: the digest of its table of contents. */
export const TOC_DIGEST = 'containerd.io/snapshot/stargz/toc.digest';
/** Bytes at the end of an eStargz layer that say where its table of contents begins. */
export const FOOTER_SIZE = 51;
/** The file of the tar that is the table of contents. */
export const TOC_FILE = '/stargz.index.json';

/** A gzip member (RFC 1952) with an extra field, and that field's head: subfield `SG` of 22 bytes. */
const GZIP_WITH_EXTRA = 0x04_08_8b_1f;
const EXTRA_SG = 0x53_47_16_00;

/** An entry of the layer, and where the pieces of its content are: offsets count compressed bytes of the blob. */
export interface TocEntry {
  readonly entry: LayerEntry;
  readonly chunks: readonly TocChunk[];
}

export interface TocChunk {
  readonly from: number;
  /** Where the next content begins: the compressed bytes end there or earlier. */
  readonly to: number;
  /** How far into the unpacked bytes the chunk begins. */
  readonly skip: number;
  readonly size: number;
  readonly digest: string;
}

const types = { reg: 'file', dir: 'directory', symlink: 'symlink', hardlink: 'hardlink', char: 'other', block: 'other', fifo: 'other' } as const;
const item = z.object({
  name: z.string(),
  type: z.enum(['reg', 'dir', 'symlink', 'hardlink', 'char', 'block', 'fifo', 'chunk']),
  size: z.int().nonnegative().default(0),
  modtime: z.string().optional(),
  linkName: z.string().optional(),
  mode: z.int().nonnegative().default(0),
  uid: z.int().nonnegative().default(0),
  gid: z.int().nonnegative().default(0),
  offset: z.int().nonnegative().default(0),
  innerOffset: z.int().nonnegative().default(0),
  chunkOffset: z.int().nonnegative().default(0),
  chunkSize: z.int().nonnegative().default(0),
  chunkDigest: z.string().optional(),
  digest: z.string().optional(),
  xattrs: z.record(z.string(), z.string()).optional(),
});
const toc = z.object({ version: z.literal(1), entries: z.array(item) });
type Item = z.infer<typeof item>;

/** Where the table of contents begins; undefined when this is no footer. Source: stargz-snapshotter, docs/estargz.md, "Footer". */
export function readFooter(footer: Uint8Array): number | undefined {
  if (footer.length !== FOOTER_SIZE) return undefined;
  const bytes = Buffer.from(footer);
  const [, offset] = /^([0-9a-f]{16})STARGZ$/.exec(bytes.toString('latin1', 16, 38)) ?? [];
  const isGzip = bytes.readUInt32LE(0) === GZIP_WITH_EXTRA && bytes.readUInt32BE(12) === EXTRA_SG;
  return isGzip && offset !== undefined ? Number.parseInt(offset, 16) : undefined;
}

/**
 * The entries of a table of contents that begins at `end` in the blob, in the tar's order; undefined when it is not one, or
 * says something that does not fit together. Source: stargz-snapshotter, docs/estargz.md, "TOC".
 */
export function readToc(json: Uint8Array, end: number): readonly TocEntry[] | undefined {
  const items = parse(json);
  if (!items) return undefined;
  const offsets = [...new Set([...items.map((each) => each.offset).filter((offset) => offset > 0), end])].sort((a, b) => a - b);
  const next = new Map(offsets.map((offset, index) => [offset, offsets[index + 1]]));
  const entries: TocEntry[] = [];
  for (let at = 0; at < items.length;) {
    const head = items[at];
    if (!head || head.type === 'chunk') return undefined;
    const parts = [head];
    for (at += 1; items[at]?.type === 'chunk'; at += 1) parts.push(items[at] ?? head);
    const chunks = head.type === 'reg' && head.size > 0 ? chunksOf(head, parts, next) : [];
    if (!chunks) return undefined;
    entries.push({ entry: toEntry(head, types[head.type]), chunks });
  }
  return entries;
}

function parse(json: Uint8Array): readonly Item[] | undefined {
  try {
    return toc.safeParse(JSON.parse(Buffer.from(json).toString('utf8'))).data?.entries;
  } catch {
    return undefined;
  }
}

/** A chunk without a size goes on to the end of the file. Undefined when the chunks are not the whole file, one after the other. */
function chunksOf(head: Item, parts: readonly Item[], next: ReadonlyMap<number, number | undefined>): readonly TocChunk[] | undefined {
  const chunks: TocChunk[] = [];
  let done = 0;
  for (const part of parts) {
    const to = next.get(part.offset);
    const size = part.chunkSize === 0 ? head.size - part.chunkOffset : part.chunkSize;
    const digest = part.chunkDigest ?? (parts.length === 1 ? part.digest : undefined);
    if (to === undefined || digest === undefined || part.name !== head.name || part.chunkOffset !== done || size <= 0) return undefined;
    chunks.push({ from: part.offset, to, skip: part.innerOffset, size, digest });
    done += size;
  }
  return done === head.size ? chunks : undefined;
}

function toEntry(head: Item, type: LayerEntry['type']): LayerEntry {
  const path = posix.normalize(`/${head.name}`);
  const time = head.modtime === undefined ? 0 : Date.parse(head.modtime);
  return {
    path: path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path,
    type,
    mode: head.mode & 0o7777,
    uid: head.uid,
    gid: head.gid,
    mtime: Number.isNaN(time) ? 0 : Math.floor(time / 1000),
    ...(type === 'symlink' || type === 'hardlink' ? { link: head.linkName ?? '' } : {}),
    ...(type === 'directory' && head.xattrs !== undefined ? { xattrs: head.xattrs } : {}),
    size: type === 'file' ? head.size : 0,
  };
}
