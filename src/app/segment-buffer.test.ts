import { describe, expect, it } from 'vitest';
import type { SegmentMessage } from '../ports/tee.ts';
import { createSegmentBuffer, type SegmentBuffer } from './segment-buffer.ts';

const KIB = 1024;

describe('the buffer', () => {
  it('gives messages in the order they came', () => {
    const buffer = createSegmentBuffer(64 * KIB);
    for (const text of ['a', 'b', 'c']) put(buffer, text);

    expect([take(buffer), take(buffer), take(buffer), take(buffer)]).toEqual(['a', 'b', 'c', undefined]);
    expect(buffer.status()).toEqual({ messages: 0, bytes: 0, seen: 3, unreadable: 0, bufferFull: 0 });
  });

  it('drops the oldest when it is full, counts them, and never holds more than its bytes', () => {
    const buffer = createSegmentBuffer(64 * KIB);
    for (let number = 0; number < 10_000; number += 1) {
      put(buffer, String(number).padStart(KIB, '0'));

      expect(buffer.status().bytes).toBeLessThanOrEqual(64 * KIB);
    }

    const { messages, bufferFull, seen } = buffer.status();
    expect(messages).toBe(51);
    expect(messages + bufferFull).toBe(seen);
    expect(Number(take(buffer))).toBe(10_000 - 51);
  });

  it('makes room for what is arriving, and refuses what would not fit at all', () => {
    const buffer = createSegmentBuffer(64 * KIB);
    put(buffer, 'old');

    expect(buffer.reserve(65 * KIB)).toBe(false);
    expect(buffer.reserve(64 * KIB)).toBe(true);
    expect(buffer.status()).toMatchObject({ messages: 0, bufferFull: 1, bytes: 64 * KIB });
    expect(buffer.reserve(1)).toBe(false);
    buffer.release(64 * KIB);
    expect(buffer.status().bytes).toBe(0);
  });

  it('counts what could not be copied', () => {
    const buffer = createSegmentBuffer(64 * KIB);

    buffer.lose('unreadable');
    buffer.lose('bufferFull');

    expect(buffer.status()).toMatchObject({ seen: 2, unreadable: 1, bufferFull: 1 });
  });

  it('tells whoever waits that there is something, or that nothing more comes', async () => {
    const buffer = createSegmentBuffer(64 * KIB);
    const filled = buffer.filled();
    put(buffer, 'a');
    await filled;
    take(buffer);
    const closed = buffer.filled();
    buffer.close();
    await closed;

    await expect(buffer.filled()).resolves.toBeUndefined();
  });
});

function put(buffer: SegmentBuffer, text: string): void {
  const message: SegmentMessage = { kind: 'segment', bytes: Buffer.from(text) };
  if (buffer.reserve(message.bytes.length)) buffer.add(message);
}

function take(buffer: SegmentBuffer): string | undefined {
  return buffer.take()?.bytes.toString();
}
