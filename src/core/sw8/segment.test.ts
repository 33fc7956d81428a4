import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCollection, encodeSegment, ref, segment, span } from '../../../test/builders/segment.ts';
import { decodeSegment, splitCollection } from './segment.ts';

/** A segment as the Java agent 9.4.0's own classes write it: exit span, then entry span with ref, tags and log, and fields that are not read. */
const golden = Buffer.from(
  `CjQwMjYxYjM3ZTUyNDY0YTNjOWYyMWFlZTM3ODgzZTBhZS4xLjE3OTU0MzEzMTExMzQwMDAzEjU1ZjBkZDNhMGQxYjk0YzNhOGU3ZDJiNmIzYTFjOWYxMC40NC4xNzk1NDMxMzExMTM0MDAwNRpk
CAEYpM6uwKA0IK7OrsCgNDIcTXlzcWwvSkRCSS9TdGF0ZW1lbnQvZXhlY3V0ZToHZGI6MzMwNkABSAFQBWIOCgdkYi50eXBlEgNzcWxiEwoLZGIuaW5zdGFuY2USBHNob3BwARrvAhD/////////
//8BGJ7OrsCgNCDgzq7AoDQqngESNDAyNjFiMzdlNTI0NjRhM2M5ZjIxYWVlMzc4ODNlMGFlLjEuMTc5NTQzMTMxMTEzNDAwMDMaNDAyNjFiMzdlNTI0NjRhM2M5ZjIxYWVlMzc4ODNlMGFlLjEu
MTc5NTQzMTMxMTEzNDAwMDIgAioPZ2F0ZXdheXxzaG9wfGMxMglnYXRld2F5QDE6BUdFVDovQgtvcmRlcnM6ODA4MDIQR0VUOi9vcmRlcnMve2lkfUgDUAFYAWIiCgN1cmwSG2h0dHA6Ly9vcmRl
cnM6ODA4MC9vcmRlcnMvMWISCgtodHRwLm1ldGhvZBIDR0VUYhIKC3N0YXR1c19jb2RlEgM1MDBqTwjfzq7AoDQSDgoFZXZlbnQSBWVycm9yEiEKCmVycm9yLmtpbmQSE2phdmEuaW8uSU9FeGNl
cHRpb24SEwoHbWVzc2FnZRIIZ3LDtsOfZXIiDm9yZGVyc3xzaG9wfGMxKg9vcmRlcnNAMTAuMC4wLjcwAQ==`,
  'base64',
);

describe('a segment', () => {
  it('is read as the Java agent writes it', () => {
    const traceId = '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003';

    expect(decodeSegment(golden)).toEqual({
      traceId,
      segmentId: '5f0dd3a0d1b94c3a8e7d2b6b3a1c9f10.44.17954313111340005',
      service: 'orders|shop|c1',
      instance: 'orders@10.0.0.7',
      spans: [
        span({
          spanId: 1,
          parentSpanId: 0,
          startMs: 1_795_431_311_140,
          endMs: 1_795_431_311_150,
          operation: 'Mysql/JDBI/Statement/execute',
          peer: 'db:3306',
          type: 1,
          layer: 1,
          componentId: 5,
          tags: [
            { key: 'db.type', value: 'sql' },
            { key: 'db.instance', value: 'shop' },
          ],
        }),
        span({
          operation: 'GET:/orders/{id}',
          isError: true,
          refs: [ref({ service: 'gateway|shop|c1' })],
          tags: [
            { key: 'url', value: 'http://orders:8080/orders/1' },
            { key: 'http.method', value: 'GET' },
            { key: 'status_code', value: '500' },
          ],
          logs: [
            {
              timeMs: 1_795_431_311_199,
              data: [
                { key: 'event', value: 'error' },
                { key: 'error.kind', value: 'java.io.IOException' },
                { key: 'message', value: 'größer' },
              ],
            },
          ],
        }),
      ],
    });
  });

  it('is read back whatever it holds', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const time = fc.integer({ min: -(2 ** 53), max: 2 ** 53 });
    const small = fc.nat({ max: 300 });
    const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 });
    const pair = fc.record({ key: text, value: text });
    const anyRef = fc.record({ type: small, traceId: text, segmentId: text, spanId: number, service: text, instance: text, endpoint: text, address: text });
    const anySpan = fc.record({
      spanId: number,
      parentSpanId: number,
      startMs: time,
      endMs: time,
      refs: list(anyRef),
      operation: text,
      peer: text,
      type: small,
      layer: small,
      componentId: number,
      isError: fc.boolean(),
      tags: list(pair),
      logs: list(fc.record({ timeMs: time, data: list(pair) })),
    });
    const any = fc.record({ traceId: text, segmentId: text, service: text, instance: text, spans: list(anySpan) });

    fc.assert(
      fc.property(any, (value) => {
        expect(decodeSegment(encodeSegment(value))).toEqual(value);
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => [decodeSegment(Buffer.from(bytes)), splitCollection(Buffer.from(bytes))]).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throws, whichever byte is another', () => {
    fc.assert(
      fc.property(fc.nat({ max: golden.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        expect(() => decodeSegment(Buffer.from(golden.with(at, byte)))).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('is malformed wherever it is cut', () => {
    const whole = encodeSegment(segment({ traceId: '', segmentId: '', instance: '', service: '' }));

    const readable = Array.from({ length: whole.length - 1 }, (_, length) => decodeSegment(whole.subarray(0, length + 1)));

    expect(readable.filter((each) => each !== undefined)).toEqual([]);
  });

  it.each([
    ['a length beyond the end', [0x0a, 0x05, 0x61]],
    ['a length of 4 GiB', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a varint that does not end', Array.from({ length: 100 }, () => 0xff)],
    ['a group', [0x0b, 0x0c]],
    ['field number 0', [0x00]],
    ['a span that is longer than the segment', [0x1a, 0x03, 0x08, 0x01]],
  ])('is malformed with %s', (_, bytes) => {
    expect(decodeSegment(Buffer.from(bytes))).toBeUndefined();
  });

  it('is refused when empty parts would grow in memory', () => {
    const spans = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => Buffer.from([0x1a, 0x00])));

    expect(decodeSegment(spans(10_000))?.spans).toHaveLength(10_000);
    expect(decodeSegment(spans(10_001))).toBeUndefined();
  });

  it('counts the parts inside its spans too', () => {
    const tags = Array.from({ length: 10_000 }, () => ({ key: '', value: '' }));

    expect(decodeSegment(encodeSegment(segment({ spans: [span({ tags })] })))).toBeUndefined();
  });
});

describe('a collection', () => {
  it('is split into its segments, unread', () => {
    const parts = [encodeSegment(segment()), Buffer.from([0xff]), encodeSegment(segment({ service: 'stock' }))];

    expect(splitCollection(encodeCollection(parts))).toEqual(parts);
  });

  it('may be empty, and is malformed when cut', () => {
    expect(splitCollection(Buffer.alloc(0))).toEqual([]);
    expect(splitCollection(encodeCollection([golden]).subarray(0, 100))).toBeUndefined();
  });
});
