import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSw8 } from './sw8-header.ts';

const context = {
  traceId: '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003',
  segmentId: '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002',
  spanId: 2,
  service: 'orders',
  instance: 'orders@10.0.0.7',
  endpoint: 'GET:/orders/{id}',
  peer: 'stock:8080',
};

describe('an sw8 header', () => {
  it('is read as SkyWalking writes it', () => {
    expect(parseSw8(write(context))).toEqual(context);
  });

  it('is read with any sampling flag, with a plus, and without padding', () => {
    const header = write({ ...context, service: 'a', peer: 'ab' });

    expect(parseSw8(header.replace('1-', '0-').replace('-2-', '-+2-').replaceAll('=', ''))).toEqual({ ...context, service: 'a', peer: 'ab' });
  });

  const parts = write(context).split('-');
  it.each([
    ['empty', ''],
    ['a star', '*'],
    ['7 parts', parts.slice(0, 7).join('-')],
    ['9 parts', [...parts, 'YQ=='].join('-')],
    ['an empty last part', replace(7, '')],
    ['an empty trace id', replace(1, '')],
    ['a span below 0', replace(3, '-1')],
    ['no span', replace(3, '')],
    ['a span above 31 bits', replace(3, '2147483648')],
    ['a span that is no whole number', replace(3, '1.5')],
    ['a span in hex', replace(3, '0x1')],
    ['URL-safe Base64', replace(4, 'a_8=')],
    ['one letter of Base64', replace(4, 'Q')],
    ['half a padding', replace(4, 'QQ=')],
    ['padding in the middle', replace(4, 'QQ==QQ==')],
    ['padding alone', replace(4, '==')],
    ['a blank in Base64', replace(4, 'QUJD QUJD')],
    ['a megabyte of dashes', '-'.repeat(1_000_000)],
  ])('is treated as absent when it is %s', (_, header) => {
    expect(parseSw8(header)).toBeUndefined();
  });

  it('is read back whatever it says', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    const any = fc.record({
      traceId: text,
      segmentId: text,
      spanId: fc.integer({ min: 0, max: 0x7fff_ffff }),
      service: text,
      instance: text,
      endpoint: text,
      peer: text,
    });

    fc.assert(
      fc.property(any, (value) => {
        expect(parseSw8(write(value))).toEqual(value);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => parseSw8(text)).not.toThrow();
      }),
    );
  });

  function replace(index: number, part: string): string {
    return parts.with(index, part).join('-');
  }
});

function write(value: typeof context): string {
  const b64 = (text: string): string => Buffer.from(text).toString('base64');
  const { traceId, segmentId, spanId, service, instance, endpoint, peer } = value;
  return ['1', b64(traceId), b64(segmentId), spanId, b64(service), b64(instance), b64(endpoint), b64(peer)].join('-');
}
