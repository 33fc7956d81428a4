import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listZip, readZipEntry } from './read-zip.ts';
import { writeZip } from './write-zip.ts';

describe('reading zip files', () => {
  it('gives every entry back, deflated and stored', () => {
    const zip = writeZip({ 'a.txt': 'deflated '.repeat(100), 'b/c.txt': 'stored', empty: '' }, ['b/c.txt']);

    const found = listZip(zip)?.map((entry) => [entry.name, entry.method, read(zip, entry.name)]);

    expect(found).toEqual([
      ['a.txt', 8, 'deflated '.repeat(100)],
      ['b/c.txt', 0, 'stored'],
      ['empty', 8, ''],
    ]);
  });

  it('reads a jar with a start script in front and a comment behind', () => {
    const zip = writeZip({ 'a.txt': 'text' });
    const comment = Buffer.from('a comment');
    zip.writeUInt16LE(comment.length, zip.length - 2);
    const jar = Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'), zip, comment]);

    expect(read(jar, 'a.txt')).toBe('text');
  });

  it('does not unpack more than allowed, nor more than the entry says', () => {
    const zip = writeZip({ 'a.txt': 'x'.repeat(1000) });
    const lying = Buffer.from(zip);
    lying.writeUInt32LE(10, zip.indexOf('PK\x01\x02') + 24);

    expect(read(zip, 'a.txt', 999)).toBeUndefined();
    expect(read(lying, 'a.txt')).toBeUndefined();
  });

  it('takes nothing that is not a whole zip file, and never throws', () => {
    const zip = writeZip({ 'a.txt': 'text', 'b.txt': 'x'.repeat(200) });

    expect(listZip(Buffer.from('no zip'))).toBeUndefined();
    expect(listZip(zip.subarray(0, -10))).toBeUndefined();
    expect(listZip(zip.subarray(20))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(zip.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(zip);
        damaged[at] = byte;

        for (const entry of listZip(damaged) ?? []) expect(readZipEntry(damaged, entry, 1000)?.length ?? 0).toBeLessThanOrEqual(1000);
      }),
    );
  });
});

function read(zip: Uint8Array, name: string, limit = 10_000): string | undefined {
  const entry = listZip(zip)?.find((each) => each.name === name);
  const bytes = entry && readZipEntry(zip, entry, limit);
  return bytes && Buffer.from(bytes).toString();
}
