import { ChangeoverError } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

const NEWLINE = 0x0a;

/**
 * JSON objects, one a line, from chunks that may cut lines anywhere. What follows the last newline is a cut line and is
 * dropped. Throws `too-large` for a line of more than `maxBytes`, and a SyntaxError for a line that is not an object.
 */
export async function* readJsonLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<JsonObject> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      start = end + 1;
      parts = [];
      size = 0;
      if (line.trim() !== '') yield parseLine(line);
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) throw new ChangeoverError('too-large', `a line of the stream is longer than ${maxBytes} bytes`);
  }
}

function parseLine(line: string): JsonObject {
  const value: unknown = JSON.parse(line);
  if (isJsonObject(value)) return value;
  throw new SyntaxError('a line of the stream is not a JSON object');
}
