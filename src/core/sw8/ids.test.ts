import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSw8 } from './sw8-header.ts';
import { spanIdOf, spanIdsOf, traceIdOf } from './ids.ts';

describe('trace ids', () => {
  it.each([
    ['de5980b8fce34a37aab9b4ac3af7eedd.1.16563474296430001', 'de5980b8fde34a371be41bcd5e2fd4dd'],
    ['4f2f27748b8e44ecaf18fe0347194e86.33.16560607369950067', '4f2f2774aa8e44ecdceb72dc8fcc7486'],
    ['0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003', '0261b37e53464a3c7c229ea4224adfae'],
    ['DE5980B8FCE34A37AAB9B4AC3AF7EEDD', 'de5980b8fce34a37aab9b4ac3af7eedd'],
    ['de5980b8-fce3-4a37-aab9-b4ac3af7eedd', 'de5980b8fce34a37aab9b4ac3af7eedd'],
  ])('%s becomes %s', (skywalking, opentelemetry) => {
    expect(traceIdOf(skywalking)).toBe(opentelemetry);
  });

  it.each([
    ['nothing', ''],
    ['31 digits', 'a'.repeat(31)],
    ['hyphens at other places', 'de5980b8f-ce3-4a37-aab9-b4ac3af7eedd'],
    ['a letter that is no digit', 'ge5980b8fce34a37aab9b4ac3af7eedd'],
    ['one dot, where the receiver would panic', `${'a'.repeat(32)}.56789`],
    ['one dot and 36 bytes', `${'a'.repeat(32)}.567`],
    ['no dot behind the digits', `${'a'.repeat(36)}.1.2`],
    ['an empty number', `${'a'.repeat(32)}..12345`],
    ['a number with a blank', `${'a'.repeat(32)}.1. 12345`],
    ['a number above 64 bits', `${'a'.repeat(32)}.1.9223372036854775808`],
    ['a number below 64 bits', `${'a'.repeat(32)}.1.-9223372036854775809`],
    ['three numbers', `${'a'.repeat(32)}.1.2.3456`],
    ['a megabyte of digits', `${'a'.repeat(32)}.1.${'9'.repeat(1_000_000)}`],
  ])('is zero for %s', (_, skywalking) => {
    expect(traceIdOf(skywalking)).toBe('0'.repeat(32));
  });

  it('reads signs, leading zeros and the ends of the range as Go does', () => {
    const base = '0'.repeat(32);

    expect(traceIdOf(`${base}.+1.-1`)).toBe('0000000001000000ffffffffffffffff');
    expect(traceIdOf(`${base}.0${'0'.repeat(80)}1.9223372036854775807`)).toBe('0000000001000000ffffffffffffff7f');
    expect(traceIdOf(`${base}.-1.-9223372036854775808`)).toBe('00000000ffffffff0000000000000080');
  });

  it('keeps the bytes decoded before a bad digit', () => {
    expect(traceIdOf('de5980b8-fce3-4a37-aab9-b4ac3af7eedd.x')).toBe(`de5980b8${'0'.repeat(24)}`);
    expect(traceIdOf(`abc${'-'.repeat(40)}`)).toBe(`ab${'0'.repeat(30)}`);
  });

  it('counts bytes, not characters', () => {
    expect(traceIdOf(`ab${'é'.repeat(18)}`)).toBe(`ab${'0'.repeat(30)}`);
    expect(traceIdOf(`ab${'é'.repeat(17)}`)).toBe('0'.repeat(32));
  });

  it('leaves an id of OpenTelemetry as it is', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{32}$/);

    fc.assert(fc.property(hex, (id) => traceIdOf(id) === id));
  });
});

describe('span ids', () => {
  it.each([
    ['4f2f27748b8e44ecaf18fe0347194e86.33.16560607369950066', 123, 'e9c455a82542306a'],
    ['4f2f27748b8e44ecaf18fe0347194e86.33.16560607369950066', 2, '90c455a82542306a'],
    ['0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002', 2, '7d432dda710c9592'],
    ['b7ad6b71692033310000000000000000', 0, 'b7ad6b7169203331'],
    ['de5980b8-fce3-4a37-aab9-b4ac3af7eedd', 0, 'de5980b800000000'],
    ['de5980b8-fce3-4a37-aab9-b4ac3af7eedd', 7, 'de5980b800000000'],
    ['a'.repeat(31), 1, '0000000000000000'],
    [`${'a'.repeat(32)}.5`, 1, '0000000000000000'],
    [`${'a'.repeat(32)}x`, 1, '0000000000000000'],
  ])('%s, span %i becomes %s', (segment, span, id) => {
    expect(spanIdOf(segment, span)).toBe(id);
  });

  it('takes every number of a span modulo 2^32', () => {
    const segment = '00000000000000000000000000000000';

    expect(spanIdOf(segment, -1)).toBe('ffffffff00000000');
    expect(spanIdOf(segment, 2 ** 32 + 1)).toBe('0100000000000000');
    expect(spanIdOf(segment, 2n ** 64n + 1n)).toBe('0100000000000000');
  });

  it('gives back the span id a bridge wrote as a segment', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{16}$/);

    fc.assert(fc.property(hex, (id) => spanIdOf(`${id}${'0'.repeat(16)}`, 0) === id));
  });

  it('is the plain formula over bytes for every id of a Java agent', () => {
    const java = fc.record({ uuid: fc.stringMatching(/^[0-9a-f]{32}$/), thread: fc.nat(), sequence: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }) });

    fc.assert(
      fc.property(java, fc.nat(), ({ uuid, thread, sequence }, span) => {
        const bytes = Buffer.from(uuid, 'hex');
        bytes.writeUInt32LE((bytes.readUInt32LE(0) ^ span) >>> 0, 0);
        bytes.writeUInt32LE((bytes.readUInt32LE(4) ^ thread) >>> 0, 4);
        bytes.writeBigUInt64LE(bytes.readBigUInt64LE(8) ^ sequence, 8);
        const expected = (bytes.readBigUInt64BE(0) ^ bytes.readBigUInt64BE(8)).toString(16).padStart(16, '0');

        expect(spanIdsOf(`${uuid}.${thread}.${sequence}`)(span)).toBe(expected);
      }),
    );
  });

  it('never throws and always gives 16 digits', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.stringMatching(/^[0-9a-f]{30,34}[.x-]?[0-9.+-]{0,30}$/));

    fc.assert(
      fc.property(text, fc.integer(), (id, span) => {
        expect(spanIdOf(id, span)).toMatch(/^[0-9a-f]{16}$/);
        expect(traceIdOf(id)).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });
});

describe('the vectors shared with the Java extension', () => {
  const file = new URL('../../../java/bridge/src/test/resources/vectors.json', import.meta.url);
  const { traceIds, spanIds, header } = JSON.parse(readFileSync(file, 'utf8')) as {
    traceIds: [string, string][];
    spanIds: [string, number, string][];
    header: { traceId: string; spanId: string; value: string };
  };

  it.each(traceIds)('trace %s is %s', (skywalking, opentelemetry) => {
    expect(traceIdOf(skywalking)).toBe(opentelemetry);
  });

  it.each(spanIds)('span %s/%i is %s', (segment, span, id) => {
    expect(spanIdOf(segment, span)).toBe(id);
  });

  it('a header the extension writes leads back to its span', () => {
    const context = parseSw8(header.value);

    expect(traceIdOf(context?.traceId ?? '')).toBe(header.traceId);
    expect(spanIdOf(context?.segmentId ?? '', context?.spanId ?? -1)).toBe(header.spanId);
  });
});
