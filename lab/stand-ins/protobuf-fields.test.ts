import { describe, expect, it } from 'vitest';
import { bytesOf, protobufFields, stringOf } from './protobuf-fields.ts';

describe('protobufFields', () => {
  it('reads varints of several bytes, strings, repeated messages and fixed widths in wire order', () => {
    const message = Buffer.from([0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69, 0x1a, 0x01, 0x61, 0x1a, 0x01, 0x62, 0x25, 1, 2, 3, 4]);

    const fields = protobufFields(message);

    expect(fields.map((field) => field.number)).toEqual([1, 2, 3, 3, 4]);
    expect(fields[0]?.value).toBe(150n);
    expect(stringOf(fields, 2)).toBe('hi');
    expect(bytesOf(fields, 3).map(String)).toEqual(['a', 'b']);
    expect(stringOf(fields, 9)).toBe('');
  });

  it('refuses a message that is cut short', () => {
    expect(() => protobufFields(Buffer.from([0x12, 0x05, 0x61]))).toThrow(RangeError);
    expect(() => protobufFields(Buffer.from([0x96]))).toThrow(RangeError);
  });
});
