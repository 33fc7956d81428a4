/** What the walk through a frame needs next: these bytes themselves, or only to get past them. */
type Step = { readonly kind: 'read' | 'skip'; readonly bytes: number };

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * The same bytes, in chunks that never reach over the end of a zstd frame. Node's decoder drops what follows a frame in the
 * same chunk without a word, while layers of many frames (zstd:chunked) are common. Source: RFC 8878 section 3.1.
 */
export async function* splitZstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let walk = walkFrame();
  let step = walk.next().value;
  let read = Buffer.alloc(0);
  let left = step?.bytes ?? 0;
  for await (const chunk of source) {
    let sent = 0;
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + left);
      at += part.length;
      left -= part.length;
      if (step?.kind === 'read') read = Buffer.concat([read, part]);
      while (left === 0) {
        step = walk.next(read).value;
        if (step === undefined) {
          yield chunk.subarray(sent, at);
          sent = at;
          walk = walkFrame();
          step = walk.next().value;
        }
        read = Buffer.alloc(0);
        left = step?.bytes ?? 0;
      }
    }
    if (sent < chunk.length) yield chunk.subarray(sent);
  }
}

function* walkFrame(): Generator<Step, undefined, Buffer> {
  const magic = (yield { kind: 'read', bytes: 4 }).readUInt32LE();
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
    const size = (yield { kind: 'read', bytes: 4 }).readUInt32LE();
    yield { kind: 'skip', bytes: size };
    return undefined;
  }
  // Not a frame: the decoder has the words for that.
  if (magic !== FRAME) yield { kind: 'skip', bytes: Number.POSITIVE_INFINITY };
  const descriptor = (yield { kind: 'read', bytes: 1 }).readUInt8();
  yield { kind: 'skip', bytes: restOfHeader(descriptor) };
  for (let last = false; !last;) {
    const block = (yield { kind: 'read', bytes: 3 }).readUIntLE(0, 3);
    last = (block & 1) === 1;
    const repeated = ((block >> 1) & 3) === 1;
    yield { kind: 'skip', bytes: repeated ? 1 : block >> 3 };
  }
  if ((descriptor & 4) !== 0) yield { kind: 'skip', bytes: 4 };
  return undefined;
}

/** Window descriptor, dictionary id and content size, in bytes. */
function restOfHeader(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return (single ? 0 : 1) + dictionary + contentSize;
}
