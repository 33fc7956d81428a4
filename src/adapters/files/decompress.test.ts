import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeoverError } from '../../core/error.ts';
import { decompress } from './decompress.ts';

const text = 'a line of a layer\n'.repeat(50_000);
const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

describe('decompress', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['gzip in several members', Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
    ['zstd', zstdCompressSync(text)],
    ['zstd in several frames', Buffer.concat([zstdCompressSync(text.slice(0, 9)), zstdCompressSync(text.slice(9))])],
    ['zstd with frames to skip', Buffer.concat([skippable, zstdCompressSync(text.slice(0, 9)), skippable, zstdCompressSync(text.slice(9)), skippable])],
    ['plain bytes', Buffer.from(text)],
  ])('reads %s, told by the first bytes alone', async (_, packed) => {
    const plain = await read(decompress(chunks(packed, 1000), 'test'));

    expect(plain.equals(Buffer.from(text))).toBe(true);
  });

  it('reads any sequence of zstd frames, however it is cut', async () => {
    const frame = fc.record({ bytes: fc.uint8Array({ maxLength: 3000 }), repeat: fc.integer({ min: 1, max: 100 }), checksum: fc.constantFrom(0, 1) });
    const frames = fc.array(frame, { minLength: 1, maxLength: 5 });

    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 5000 }), async (list, step) => {
        const plain = list.map(({ bytes, repeat }) => Buffer.concat(Array.from({ length: repeat }, () => bytes)));
        const packed = plain.map((each, index) => zstdCompressSync(each, { params: { [constants.ZSTD_c_checksumFlag]: list[index]?.checksum ?? 0 } }));

        const found = await read(decompress(chunks(Buffer.concat(packed), step), 'test'));

        expect(found.equals(Buffer.concat(plain))).toBe(true);
      }),
    );
  });

  it('reads streams shorter than any mark', async () => {
    expect(await read(decompress(chunks(Buffer.from('ab'), 1), 'test'))).toEqual(Buffer.from('ab'));
    expect(await read(decompress(chunks(Buffer.alloc(0), 1), 'test'))).toHaveLength(0);
  });

  it('says of broken data where it is from', async () => {
    const broken = gzipSync(text);
    broken.fill(0, 100);

    await expect(read(decompress(chunks(broken, 1000), 'registry.example.com/team/app'))).rejects.toMatchObject({
      code: 'unsupported',
      target: 'registry.example.com/team/app',
    });
  });

  it('passes on what the source throws', async () => {
    const failure = new ChangeoverError('unreachable', 'cut');
    async function* source() {
      yield gzipSync(text).subarray(0, 500);
      throw failure;
    }

    await expect(read(decompress(source(), 'test'))).rejects.toBe(failure);
  });

  it.each([gzipSync(Buffer.alloc(5_000_000)), Buffer.alloc(5_000_000)])('closes the source when the reader leaves', async (bytes) => {
    let closed = false;
    async function* source() {
      try {
        yield* chunks(bytes, 500);
      } finally {
        closed = true;
      }
    }

    for await (const chunk of decompress(source(), 'test')) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));

    expect(closed).toBe(true);
  });
});

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
