import fc from 'fast-check';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createZipWalker } from './walk-zip.ts';
import { writeZip } from './write-zip.ts';

/** What is found when the bytes come in parts of `step`. */
function walk(zip: Uint8Array, step: number, limit = 1_000_000): { readonly [name: string]: string } {
  const found: { [name: string]: string } = {};
  const walker = createZipWalker((name) => {
    const parts: Buffer[] = [];
    return { limit, sink: { write: (part) => void parts.push(Buffer.from(part)), end: () => (found[name] = Buffer.concat(parts).toString('latin1')) } };
  });
  const chunk = Buffer.alloc(step);
  for (let at = 0; at < zip.length; at += step) {
    // The same memory each time, as decompressors do it.
    const length = Buffer.from(zip.buffer, zip.byteOffset, zip.length).copy(chunk, 0, at, at + step);
    walker.write(chunk.subarray(0, length));
  }
  walker.end();
  return found;
}

/** An entry whose sizes only come behind it, as Java's own `jar` writes them. */
function openEnded(name: string, content: Uint8Array, { zip64 = false } = {}): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.write('PK\u0003\u0004', 'latin1');
  header.writeUInt16LE(8, 6);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  const descriptor = Buffer.alloc(zip64 ? 24 : 16);
  descriptor.write('PK\u0007\u0008', 'latin1');
  descriptor.writeUInt32LE(crc32(content), 4);
  descriptor.writeUInt32LE(packed.length, 8);
  descriptor.writeUInt32LE(content.length, zip64 ? 16 : 12);
  return Buffer.concat([header, Buffer.from(name), packed, descriptor]);
}

describe('createZipWalker', () => {
  it('reads packed and stored entries, however the bytes are cut', () => {
    const file = fc.tuple(fc.string({ minLength: 1, maxLength: 5 }), fc.string({ maxLength: 300 }));

    fc.assert(
      fc.property(fc.array(file, { maxLength: 5 }), fc.boolean(), fc.integer({ min: 1, max: 700 }), (files, stored, step) => {
        const contents = Object.fromEntries(files.map(([name, text]) => [`_${name}`, text]));
        const expected = Object.fromEntries(Object.entries(contents).map(([name, text]) => [name, Buffer.from(text).toString('latin1')]));

        expect(walk(writeZip(contents, stored ? Object.keys(contents) : []), step)).toEqual(expected);
      }),
    );
  });

  it.each([1, 7, 64, 100_000])('finds the end of entries that only tell it behind them, in parts of %i', (step) => {
    const misleading = `PK\u0007\u0008${'PK\u0003\u0004'.repeat(20)}`;
    const tail = writeZip({ last: 'x' });
    const zip = Buffer.concat([openEnded('a', Buffer.from('first')), openEnded('b', Buffer.from(misleading, 'latin1'), { zip64: true }), tail]);

    expect(walk(zip, step)).toEqual({ a: 'first', b: misleading, last: 'x' });
  });

  it('reads past a start script in front', () => {
    expect(walk(Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'), writeZip({ a: 'b' })]), 10)).toEqual({ a: 'b' });
  });

  it('leaves out what is larger than its limit, and goes on behind it', () => {
    const zip = writeZip({ big: 'x'.repeat(50), small: 'y', plain: 'z'.repeat(50) }, ['plain']);

    expect(walk(zip, 16, 20)).toEqual({ small: 'y' });
  });

  it('says nothing of what is no zip, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('', 'PK\u0003\u0004'), (bytes, start) => {
        walk(Buffer.concat([Buffer.from(start, 'latin1'), bytes]), 16);
      }),
    );
    expect(walk(Buffer.from('nothing of the kind'), 4)).toEqual({});
  });
});
