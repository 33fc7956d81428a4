import { execFileSync } from 'node:child_process';
import { crc32 as zlibCrc32, gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import { gzipSmallTar } from './gzip-small-tar.ts';
import { gzipStored } from './gzip-stored.ts';

describe('crc32', () => {
  it("equals zlib's for bytes of any length and alignment", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), (bytes, offset) => {
        const view = bytes.subarray(Math.min(offset, bytes.length));

        expect(crc32(view)).toBe(zlibCrc32(view));
      }),
    );
  });
});

describe.each([gzipStored, gzipSmallTar])('%o', (gzip) => {
  it.each([0, 1, 65_534, 65_535, 65_536, 131_070, 200_000])('packs %i bytes so that zlib gives them back', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + (index >> 8));

    expect(gunzipSync(gzip(bytes)).equals(bytes)).toBe(true);
  });

  it('packs whatever repeats in whatever way', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.tuple(fc.nat(255), fc.nat(700)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
      fc.nat(600).map((length) => Uint8Array.from({ length }, (_, index) => index % 251)),
    );

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const bytes = Buffer.concat(pieces);

        expect(gunzipSync(gzip(bytes)).equals(bytes)).toBe(true);
      }),
    );
  });

  it('says nothing about time and machine in its header', () => {
    expect([...gzip(new Uint8Array()).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('is read by gzip itself', () => {
    const bytes = Buffer.from('changeover'.repeat(100));

    expect(execFileSync('gzip', ['-dc'], { input: gzip(bytes) }).equals(bytes)).toBe(true);
  });
});

describe('gzipStored', () => {
  it('adds next to nothing', () => {
    expect(gzipStored(new Uint8Array(200_000)).length).toBe(200_000 + 18 + 4 * 5);
  });
});
