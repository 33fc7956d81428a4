import { crc32 } from './crc32.ts';
import { deflateTar } from './deflate-tar.ts';

const BLOCK = 65_535;
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
const SMALL = 65_536;

/**
 * Packs a layer's tar as gzip (RFC 1952; mtime 0, OS 255), by our own means: deflate's output differs between zlib builds, while a layer must have the same digest
 * wherever it is made. Small layers are nearly all padding, which goes; big ones hold jars, which are compressed already, and are stored.
 */
export function gzip(tar: Uint8Array): Uint8Array {
  const deflated = tar.length <= SMALL ? deflateTar(tar) : storeBlocks(tar);
  const out = new Uint8Array(HEADER.length + deflated.length + 8);
  const view = new DataView(out.buffer);
  out.set(HEADER);
  out.set(deflated, HEADER.length);
  view.setUint32(out.length - 8, crc32(tar), true);
  view.setUint32(out.length - 4, tar.length >>> 0, true);
  return out;
}

/** Stored blocks of RFC 1951: five bytes of header each, and no compression. */
function storeBlocks(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK);
  const out = new Uint8Array(bytes.length + blocks * 5);
  const view = new DataView(out.buffer);
  for (let block = 0; block < blocks; block++) {
    const chunk = bytes.subarray(block * BLOCK, (block + 1) * BLOCK);
    const at = block * (BLOCK + 5);
    out[at] = block === blocks - 1 ? 1 : 0;
    view.setUint16(at + 1, chunk.length, true);
    view.setUint16(at + 3, ~chunk.length & 0xffff, true);
    out.set(chunk, at + 5);
  }
  return out;
}
