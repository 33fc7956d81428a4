import { crc32 } from './crc32.ts';

const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/**
 * Makes a gzip file (RFC 1952) of a deflate stream and the content it stands for, with no time and no system in it. Both streams we use are our own:
 * zlib's output differs between its builds, while a layer must have the same digest wherever it is made.
 */
export function wrapGzip(deflated: Uint8Array, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER.length + deflated.length + 8);
  const view = new DataView(out.buffer);
  out.set(HEADER);
  out.set(deflated, HEADER.length);
  view.setUint32(out.length - 8, crc32(content), true);
  view.setUint32(out.length - 4, content.length >>> 0, true);
  return out;
}
