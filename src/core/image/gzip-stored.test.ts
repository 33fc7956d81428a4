import { crc32 as zlibCrc32, gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
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

describe('gzipStored', () => {
  it.each([0, 1, 65_534, 65_535, 65_536, 200_000])('wraps %i bytes so that zlib gives them back', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + (index >> 8));

    const wrapped = gzipStored(bytes);

    expect(gunzipSync(wrapped).equals(bytes)).toBe(true);
    expect(wrapped.length).toBe(bytes.length + 18 + 5 * Math.max(1, Math.ceil(length / 65_535)));
  });

  it('says nothing about time and machine in its header', () => {
    expect([...gzipStored(new Uint8Array()).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });
});
