import { wrapGzip } from './gzip.ts';

const BLOCK = 65_535;

/** Wraps bytes as gzip without compressing them (stored blocks of RFC 1951), for what is compressed already, as jars are. */
export function gzipStored(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
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
  return wrapGzip(out, bytes);
}
