import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonLines } from './json-lines.ts';

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

async function readAll(chunks: AsyncIterable<Buffer>, maxBytes = 1000): Promise<readonly unknown[]> {
  const lines: unknown[] = [];
  for await (const line of readJsonLines(chunks, maxBytes)) lines.push(line);
  return lines;
}

describe('readJsonLines', () => {
  it('gives the same objects wherever the stream is cut into chunks, also inside a character', async () => {
    const objects = fc.array(fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 20 }), n: fc.integer() }), { maxLength: 6 });

    await fc.assert(
      fc.asyncProperty(objects, fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }), async (values, sizes) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

        expect(await readAll(cut(bytes, sizes))).toEqual(values);
      }),
    );
  });

  it('drops a last line that was cut off', async () => {
    expect(await readAll(cut(Buffer.from('{"a":1}\n{"a":'), []))).toEqual([{ a: 1 }]);
  });

  it('refuses a line longer than its bound, however it arrives', async () => {
    const long = Buffer.from(`{"a":"${'x'.repeat(100)}"}`);

    await expect(readAll(cut(long, [10, 10, 10, 10]), 30)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('refuses a line that is no JSON object', async () => {
    await expect(readAll(cut(Buffer.from('[1]\n'), []))).rejects.toThrow(SyntaxError);
    await expect(readAll(cut(Buffer.from('<html>\n'), []))).rejects.toThrow(SyntaxError);
  });
});
