import { Readable, pipeline, type Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { ChangeoverError } from '../../core/error.ts';
import { splitZstdFrames } from './split-zstd-frames.ts';

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const ZSTD_SKIPPABLE = [0x50, 0x2a, 0x4d, 0x18];
const OUTPUT = 64 * 1024;

/**
 * The plain bytes of a stream that is gzip, zstd or not compressed at all, told apart by its first bytes.
 * Errors of the source pass through; `unsupported` (naming `target`) for zstd on a Node without it and for broken data.
 * Leaving the loop early closes the source.
 */
export async function* decompress(source: AsyncIterable<Uint8Array>, target: string): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(source);
  const decoder = openDecoder(head, target);
  if (!decoder) {
    yield* all;
    return;
  }
  // The decoder is destroyed with the pipeline's error, so the loop below sees it; the callback only keeps it from being unhandled.
  pipeline(Readable.from(startsWith(head, GZIP) ? all : splitZstdFrames(all)), decoder, () => undefined);
  try {
    for await (const chunk of decoder) yield chunk as Uint8Array;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new ChangeoverError('unsupported', `the compressed data cannot be read: ${error.message}`, { target, cause: error });
  }
}

interface Peeked {
  readonly head: Uint8Array;
  readonly all: AsyncIterable<Uint8Array>;
}

async function peek(source: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  for (let ended = false; head.length < ZSTD.length && !ended;) {
    const next = await iterator.next();
    if (next.done === true) ended = true;
    else head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return { head, all: replay(head, iterator) };
}

async function* replay(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

function openDecoder(head: Uint8Array, target: string): Duplex | undefined {
  if (startsWith(head, GZIP)) return zlib.createGunzip({ chunkSize: OUTPUT });
  // A zstd stream may begin with a frame to skip, whose first byte varies.
  if (!startsWith(head, ZSTD) && !startsWith(Uint8Array.of((head[0] ?? 0) & 0xf0, ...head.subarray(1)), ZSTD_SKIPPABLE)) return undefined;
  if (typeof zlib.createZstdDecompress !== 'function') {
    throw new ChangeoverError('unsupported', 'the data is compressed with zstd, which this Node.js cannot read', {
      target,
      hint: 'Use Node.js 22.15 or newer.',
    });
  }
  return zlib.createZstdDecompress({ chunkSize: OUTPUT });
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(?:Z_|ZSTD_)/.test(error.code);
}
