import { gunzipSync } from 'node:zlib';
import { ChangeoverError } from '../../core/error.ts';
import type { LayerEntry, LayerIndex } from '../../core/image/image-facts.ts';
import { collectBytes } from '../files/collect-bytes.ts';
import { createTarParser, type TarSink } from '../files/tar-parser.ts';
import { collectLayer } from './collect-layer.ts';
import { checkContent, isDigest } from './content-digest.ts';
import { FOOTER_SIZE, readFooter, readToc, TOC_FILE, type TocChunk, type TocEntry } from './estargz-toc.ts';

/** The bytes `from` up to, not including, `to` of the layer's blob; undefined where parts are not to be had. */
export type ReadPart = (range: { readonly from: number; readonly to: number }) => Promise<Uint8Array | undefined>;

export interface EStargzLayer {
  readonly digest: string;
  readonly size: number;
  /** From the layer's descriptor. */
  readonly tocDigest: string;
  /** For messages. */
  readonly target: string;
}

const MAX_TOC = 64 * 1024 * 1024;
const MAX_ENTRIES = 500_000;
/** Content that is wanted is read in at most so many requests, and only where it is the smaller part of the layer. */
const MAX_PARTS = 32;
const MAX_SHARE = 0.5;
const MAX_CONTENT = 64 * 1024 * 1024;
/** Two parts with less between them are read as one; bytes. */
const GAP = 64 * 1024;

/**
 * A layer's index from the table of contents at its end, without streaming it: the table is proven by the digest on the
 * descriptor, content by the digests in the table. Scripts that only their first line shows are looked for among executable
 * files alone. Undefined where it does not pay, parts are not to be had, or anything is other than it should be: then the layer is streamed.
 */
export async function readEStargz(layer: EStargzLayer, readPart: ReadPart): Promise<LayerIndex | undefined> {
  try {
    const toc = await fetchToc(layer, readPart);
    return toc && (await collect(layer, toc, readPart));
  } catch (error) {
    // What the registry says, goes on; what the bytes say (a lie, or broken gzip) is for the streaming pass to name.
    if (error instanceof ChangeoverError && error.code !== 'refused' && error.code !== 'unsupported') throw error;
    if (!(error instanceof ChangeoverError) && !isZlibError(error)) throw error;
    return undefined;
  }
}

interface Toc {
  readonly entries: readonly TocEntry[];
  /** The table's own file, which is in the tar too. */
  readonly file: LayerEntry;
}

async function fetchToc({ size, tocDigest, target }: EStargzLayer, readPart: ReadPart): Promise<Toc | undefined> {
  if (size <= FOOTER_SIZE || !isDigest(tocDigest)) return undefined;
  const end = size - FOOTER_SIZE;
  const footer = await readPart({ from: end, to: size });
  const from = footer && readFooter(footer);
  if (from === undefined || from >= end || end - from > MAX_TOC) return undefined;
  const packed = await readPart({ from, to: end });
  if (!packed) return undefined;
  const unpacked = gunzipSync(packed, { maxOutputLength: 8 * MAX_TOC });
  const found: { file?: LayerEntry; json?: Uint8Array } = {};
  const parser = createTarParser(target, (entry) => {
    if (entry.path !== TOC_FILE || entry.size > unpacked.length) return undefined;
    found.file = entry;
    return collectBytes(entry.size, (bytes) => (found.json = bytes));
  });
  parser.write(unpacked);
  parser.end();
  if (!found.json || !found.file) return undefined;
  checkContent(found.json, tocDigest, target);
  const entries = readToc(found.json, from);
  return entries && entries.length <= MAX_ENTRIES ? { entries, file: found.file } : undefined;
}

async function collect({ digest, size, target }: EStargzLayer, { entries, file }: Toc, readPart: ReadPart): Promise<LayerIndex | undefined> {
  const collector = collectLayer(digest, 'executable');
  const wanted: { readonly sink: TarSink; readonly chunks: readonly TocChunk[] }[] = [];
  for (const { entry, chunks } of entries) {
    const sink = collector.take(entry);
    if (!sink) continue;
    if (chunks.length === 0) sink.end();
    else wanted.push({ sink, chunks });
  }
  collector.take(file);
  const parts = joinParts(wanted.flatMap((each) => each.chunks));
  const bytes = parts.reduce((sum, part) => sum + part.to - part.from, 0);
  if (parts.length > MAX_PARTS || bytes > MAX_CONTENT || bytes > size * MAX_SHARE) return undefined;
  for (const part of parts) {
    const content = await readPart(part);
    if (!content) return undefined;
    for (const { sink, chunks } of wanted) {
      for (const chunk of chunks.filter((each) => isWithin(each, part))) sink.write(unpack(content, part.from, { chunk, target }));
      const last = chunks.at(-1);
      if (last && isWithin(last, part)) sink.end();
    }
  }
  return collector.finish();
}

interface Part {
  readonly from: number;
  readonly to: number;
}

function isWithin(chunk: TocChunk, part: Part): boolean {
  return chunk.from >= part.from && chunk.to <= part.to;
}

/** The parts of the blob that hold the chunks, in order; neighbours are one part. */
function joinParts(chunks: readonly TocChunk[]): readonly Part[] {
  const parts: { from: number; to: number }[] = [];
  for (const { from, to } of chunks.toSorted((a, b) => a.from - b.from)) {
    const last = parts.at(-1);
    if (last && from <= last.to + GAP) last.to = Math.max(last.to, to);
    else parts.push({ from, to });
  }
  return parts;
}

function unpack(content: Uint8Array, base: number, { chunk, target }: { readonly chunk: TocChunk; readonly target: string }): Uint8Array {
  const unpacked = gunzipSync(content.subarray(chunk.from - base, chunk.to - base), { maxOutputLength: MAX_CONTENT * 4 });
  const bytes = unpacked.subarray(chunk.skip, chunk.skip + chunk.size);
  checkContent(bytes, chunk.digest, target);
  return bytes;
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(?:Z_|ERR_BUFFER_TOO_LARGE)/.test(error.code);
}
