import { wrapGzip } from './gzip.ts';

/** Distances that repetitions are looked for at: runs of one byte, and what the header before had in the same place. */
const DISTANCES = [
  { distance: 1, code: 0, extra: 0, extraBits: 0 },
  { distance: 512, code: 17, extra: 127, extraBits: 7 },
] as const;
const MIN_MATCH = 4;
const MAX_MATCH = 258;
const END = 256;

/** Compresses a small tar as one gzip block with fixed codes (RFC 1951 section 3.2.6), finding only the repetitions that tar headers are made of. */
export function gzipSmallTar(bytes: Uint8Array): Uint8Array {
  const bits = new BitWriter();
  bits.write(1, 1);
  bits.write(1, 2);
  for (let at = 0; at < bytes.length;) {
    const [run, header] = DISTANCES.map(({ distance }) => matchLength(bytes, at, distance));
    const length = Math.max(run ?? 0, header ?? 0);
    if (length < MIN_MATCH) writeSymbol(bits, bytes[at++] ?? 0);
    else {
      writeLength(bits, length);
      const { code, extra, extraBits } = DISTANCES[length === run ? 0 : 1];
      bits.writeReversed(code, 5);
      bits.write(extra, extraBits);
      at += length;
    }
  }
  writeSymbol(bits, END);
  return wrapGzip(bits.finish(), bytes);
}

function matchLength(bytes: Uint8Array, at: number, distance: number): number {
  if (at < distance) return 0;
  let length = 0;
  while (length < MAX_MATCH && at + length < bytes.length && bytes[at + length] === bytes[at + length - distance]) length++;
  return length;
}

/** Literal bytes, the end mark and length codes share one alphabet; the fixed code gives each 7 to 9 bits. */
function writeSymbol(bits: BitWriter, symbol: number): void {
  if (symbol < 144) bits.writeReversed(0x30 + symbol, 8);
  else if (symbol < 256) bits.writeReversed(0x190 + symbol - 144, 9);
  else if (symbol < 280) bits.writeReversed(symbol - 256, 7);
  else bits.writeReversed(0xc0 + symbol - 280, 8);
}

/** Four codes for every power of two, the rest of the length in extra bits; the longest has a code of its own. */
function writeLength(bits: BitWriter, length: number): void {
  if (length === MAX_MATCH) return writeSymbol(bits, 285);
  const value = length - 3;
  const extraBits = Math.max(0, 29 - Math.clz32(value));
  writeSymbol(bits, 257 + extraBits * 4 + (value >> extraBits));
  bits.write(value & ((1 << extraBits) - 1), extraBits);
}

/** Collects bits into bytes, the lowest bit first. */
class BitWriter {
  private readonly bytes: number[] = [];
  private pending = 0;
  private count = 0;

  write(value: number, length: number): void {
    this.pending |= value << this.count;
    this.count += length;
    for (; this.count >= 8; this.count -= 8) {
      this.bytes.push(this.pending & 0xff);
      this.pending >>>= 8;
    }
  }

  /** Huffman codes go in with their highest bit first. */
  writeReversed(code: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) this.write((code >> bit) & 1, 1);
  }

  finish(): Uint8Array {
    if (this.count > 0) this.write(0, 8 - this.count);
    return Uint8Array.from(this.bytes);
  }
}
