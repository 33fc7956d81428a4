import { inflateRawSync } from 'node:zlib';
import type { TarSink } from './tar-parser.ts';

/** Where the content of a wanted entry goes. */
export interface ZipTarget {
  readonly sink: TarSink;
  /** Content that unpacks to more bytes is left out, as is what cannot be unpacked: the sink then hears nothing. */
  readonly limit: number;
}

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const HEADER = 30;
/** Descriptor (24 bytes with zip64 sizes) and the first bytes of what follows it. */
const LOOK_AHEAD = 28;
/** A start script in front of the archive is smaller. */
const MAX_PREFIX = 256 * 1024;
/** Packed content that is kept until it is whole, in bytes. */
const MAX_PACKED = 64 * 1024 * 1024;

interface Body {
  /** Bytes still to come; undefined = until a data descriptor says that this was all. */
  left: number | undefined;
  taken: number;
  readonly take: (part: Buffer) => void;
  readonly end: () => void;
}

/**
 * Reads a zip that is pushed into it chunk by chunk, by its local headers, so that it never has to be whole in memory: stored content goes
 * on as it comes, packed content once its entry is whole. `onEntry` is asked for each entry, in order. What is no zip, and the rest behind
 * a header that cannot be read, is left out. Entries of a length only known at their end are bounded by their data descriptor, whose own
 * length must fit. Format: PKWARE APPNOTE 4.3.
 */
export function createZipWalker(onEntry: (name: string) => ZipTarget | undefined): TarSink {
  let pending: Buffer = Buffer.alloc(0);
  let body: Body | undefined;
  let isFirst = true;
  const state = { isOver: false };

  function finishBody(): void {
    const finished = body;
    body = undefined;
    finished?.end();
  }

  /** Passes on what belongs to the entry; what comes after it. */
  function readBody(bytes: Buffer, current: Body): Buffer {
    if (current.left === undefined) return readUntilDescriptor(bytes, current);
    const part = bytes.subarray(0, current.left);
    current.take(part);
    current.left -= part.length;
    if (current.left === 0) finishBody();
    return bytes.subarray(part.length);
  }

  function readUntilDescriptor(bytes: Buffer, current: Body): Buffer {
    const found = findDescriptor(bytes, current.taken);
    const end = found?.at ?? Math.max(0, bytes.length - LOOK_AHEAD);
    current.take(bytes.subarray(0, end));
    current.taken += end;
    if (!found) return keep(bytes.subarray(end));
    finishBody();
    return bytes.subarray(found.next);
  }

  function readHeader(bytes: Buffer): Buffer {
    const start = isFirst ? bytes.indexOf('PK\u0003\u0004') : 0;
    if (start < 0) return bytes.length > MAX_PREFIX ? stop() : keep(bytes);
    const header = bytes.subarray(start);
    if (header.length < HEADER) return keep(header);
    isFirst = false;
    const signature = header.readUInt32LE(0);
    if (signature === DESCRIPTOR) return header.subarray(descriptorEnd(header, 0) ?? 16);
    if (signature !== LOCAL) return stop();
    const bodyAt = HEADER + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (header.length < bodyAt) return keep(header);
    const size = header.readUInt32LE(18);
    if (size === 0xffffffff) return stop();
    const target = onEntry(header.toString('utf8', HEADER, HEADER + header.readUInt16LE(26)));
    const isOpenEnded = (header.readUInt16LE(6) & 8) !== 0 && size === 0;
    body = newBody(isOpenEnded ? undefined : size, header.readUInt16LE(8), target);
    if (body.left === 0) finishBody();
    return header.subarray(bodyAt);
  }

  /** Keeps bytes for the next call: a copy, since chunks are used again. */
  function keep(bytes: Buffer): Buffer {
    pending = Buffer.from(bytes);
    return Buffer.alloc(0);
  }

  function stop(): Buffer {
    state.isOver = true;
    return Buffer.alloc(0);
  }

  return {
    write(part) {
      let rest: Buffer = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      if (pending.length > 0) rest = Buffer.concat([pending, rest]);
      pending = Buffer.alloc(0);
      while (rest.length > 0 && !state.isOver) rest = body ? readBody(rest, body) : readHeader(rest);
    },
    end() {
      state.isOver = true;
    },
  };
}

function newBody(left: number | undefined, method: number, target: ZipTarget | undefined): Body {
  const ignored = { left, taken: 0, take: () => {}, end: () => {} };
  if (!target) return ignored;
  const { sink, limit } = target;
  if (method === 0) return left !== undefined && left > limit ? ignored : { left, taken: 0, take: (part) => sink.write(part), end: () => sink.end() };
  if (method !== 8) return ignored;
  let parts: Buffer[] | undefined = [];
  let size = 0;
  return {
    left,
    taken: 0,
    take(part) {
      size += part.length;
      if (size > Math.min(MAX_PACKED, limit + 1024)) parts = undefined;
      parts?.push(Buffer.from(part));
    },
    end() {
      const content = parts && inflate(Buffer.concat(parts), limit);
      if (!content) return;
      sink.write(content);
      sink.end();
    },
  };
}

function inflate(packed: Buffer, limit: number): Uint8Array | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(limit, 1) });
  } catch {
    return undefined;
  }
}

/** The data descriptor in these bytes, the first of which is at `taken` of its entry: one whose length is where it stands. */
function findDescriptor(bytes: Buffer, taken: number): { readonly at: number; readonly next: number } | undefined {
  for (let at = bytes.indexOf('PK\u0007\u0008'); at >= 0 && at + LOOK_AHEAD <= bytes.length; at = bytes.indexOf('PK\u0007\u0008', at + 1)) {
    const next = bytes.readUInt32LE(at + 8) === (taken + at) % 2 ** 32 ? descriptorEnd(bytes, at) : undefined;
    if (next !== undefined) return { at, next };
  }
  return undefined;
}

/** Where the header behind a descriptor begins: sizes have four bytes, or eight in zip64. */
function descriptorEnd(bytes: Buffer, at: number): number | undefined {
  return [at + 16, at + 24].find((next) => bytes.toString('latin1', next, next + 2) === 'PK');
}
