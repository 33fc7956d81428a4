import { inflateRawSync } from 'node:zlib';

/** One entry of a zip file's central directory. */
export interface ZipEntry {
  readonly name: string;
  /** 0 = stored, 8 = deflated. */
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its local header begins in the bytes. */
  readonly offset: number;
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const MAX_COMMENT = 0xffff;

/**
 * The central directory of a zip or jar, also of one with a start script in front. Undefined when the bytes are not a whole
 * zip file. Format: PKWARE APPNOTE 4.3; zip64 counts and offsets are read, entries of 4 GiB and more are not.
 */
export function listZip(bytes: Uint8Array): readonly ZipEntry[] | undefined {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(zip);
  if (end === undefined) return undefined;
  const shift = end.at - end.size - end.offset;
  const entries: ZipEntry[] = [];
  let at = end.offset + shift;
  if (shift < 0) return undefined;
  for (let index = 0; index < end.count; index += 1) {
    if (at + 46 > end.at || zip.readUInt32LE(at) !== CENTRAL) return undefined;
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      compressedSize: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      offset: zip.readUInt32LE(at + 42) + shift,
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

/** The content of an entry; undefined when it is larger than `limit`, encoded in a way we do not read, or broken. */
export function readZipEntry(bytes: Uint8Array, entry: ZipEntry, limit: number): Uint8Array | undefined {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.size > limit || entry.offset + 30 > zip.length || zip.readUInt32LE(entry.offset) !== LOCAL) return undefined;
  const start = entry.offset + 30 + zip.readUInt16LE(entry.offset + 26) + zip.readUInt16LE(entry.offset + 28);
  const data = zip.subarray(start, start + entry.compressedSize);
  if (data.length !== entry.compressedSize) return undefined;
  if (entry.method === 0) return data;
  if (entry.method !== 8) return undefined;
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(entry.size, 1) });
  } catch {
    return undefined;
  }
}

interface End {
  /** Where the central directory ends. */
  readonly at: number;
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

function findEnd(zip: Buffer): End | undefined {
  const last = zip.length - END_SIZE;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT; at -= 1) {
    if (zip.readUInt32LE(at) === END)
      return findEnd64(zip, at) ?? { at, count: zip.readUInt16LE(at + 10), size: zip.readUInt32LE(at + 12), offset: zip.readUInt32LE(at + 16) };
  }
  return undefined;
}

function findEnd64(zip: Buffer, end: number): End | undefined {
  const locator = end - 20;
  if (locator < 56 || zip.readUInt32LE(locator) !== END64_LOCATOR) return undefined;
  const at = locator - 56;
  if (zip.readUInt32LE(at) !== END64) return undefined;
  return { at, count: Number(zip.readBigUInt64LE(at + 32)), size: Number(zip.readBigUInt64LE(at + 40)), offset: Number(zip.readBigUInt64LE(at + 48)) };
}
