import { deflateSync, gzipSync } from 'node:zlib';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grpcFrame } from '../../../test/builders/segment.ts';
import { keepAll } from './fake-peers.ts';
import { tapMessages } from './tap-messages.ts';

describe('the tap', () => {
  it('finds the messages of a stream however it is cut', () => {
    const stream = fc.record({
      messages: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      cuts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
    });

    fc.assert(
      fc.property(stream, ({ messages, cuts }) => {
        const intake = keepAll();
        const tap = tapMessages({ kind: 'segment', encoding: undefined, intake });
        const bytes = Buffer.concat(messages.map((message) => grpcFrame(message)));
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const size = cuts[cut % cuts.length] ?? 1;
          tap.push(bytes.subarray(at, at + size));
          at += size;
        }
        tap.end();

        expect(intake.messages.map((message) => [...message.bytes])).toEqual(messages.map((message) => [...message]));
        expect(intake.held()).toBe(0);
      }),
    );
  });

  it('never throws and never holds more than it was given, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
        const intake = keepAll();
        const tap = tapMessages({ kind: 'segment', encoding: undefined, intake });
        let given = 0;
        for (const chunk of chunks) {
          tap.push(Buffer.from(chunk));
          given += chunk.length;

          expect(intake.held()).toBeLessThanOrEqual(given);
        }
        tap.end();

        expect(intake.held()).toBe(0);
      }),
    );
  });

  it('goes on after a message that is too large', () => {
    const intake = keepAll();
    const tap = tapMessages({ kind: 'segment', encoding: undefined, intake });

    tap.push(grpcFrame(Buffer.alloc(5 * 1024 * 1024)));
    tap.push(grpcFrame(Buffer.from('next')));

    expect(intake).toMatchObject({ lost: ['unreadable'], messages: [{ bytes: Buffer.from('next') }] });
  });

  it('goes on after a message for which there is no room', () => {
    const intake = keepAll();
    const full = { ...intake, reserve: (bytes: number) => bytes < 10 && intake.reserve(bytes) };
    const tap = tapMessages({ kind: 'segment', encoding: undefined, intake: full });

    tap.push(grpcFrame(Buffer.alloc(100)));
    tap.push(grpcFrame(Buffer.from('next')));

    expect(intake).toMatchObject({ lost: ['bufferFull'], messages: [{ bytes: Buffer.from('next') }] });
    expect(intake.held()).toBe(0);
  });

  it.each([
    ['gzip', gzipSync('a compressed message')],
    ['deflate', deflateSync('a compressed message')],
  ])('opens messages compressed with %s', async (encoding, bytes) => {
    const intake = keepAll();
    tapMessages({ kind: 'segment', encoding, intake }).push(grpcFrame(bytes, 1));
    await until(() => intake.messages.length > 0);

    expect(intake.messages).toEqual([{ kind: 'segment', bytes: Buffer.from('a compressed message') }]);
    expect(intake.held()).toBe(0);
  });

  it.each([
    ['grows beyond the limit', gzipSync(Buffer.alloc(100 * 1024 * 1024))],
    ['is no gzip', Buffer.from('nonsense')],
  ])('leaves out a message that %s', async (_, bytes) => {
    const intake = keepAll();
    tapMessages({ kind: 'segment', encoding: 'gzip', intake }).push(grpcFrame(bytes, 1));
    await until(() => intake.lost.length > 0);

    expect(intake).toMatchObject({ messages: [], lost: ['unreadable'] });
    expect(intake.held()).toBe(0);
  });
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await wait(5);
}
