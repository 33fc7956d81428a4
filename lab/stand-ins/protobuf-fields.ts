/** One field of a protobuf message on the wire: a number for varints, bytes for everything with a length. */
export interface ProtobufField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The fields of a protobuf message in wire order (https://protobuf.dev/programming-guides/encoding/). Throws RangeError when it is cut short or of an unknown wire type. */
export function protobufFields(message: Buffer): readonly ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number) => {
    if (at + length > message.length) throw new RangeError('protobuf message cut short');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const number = Number(key >> 3n);
    const wireType = Number(key & 7n);
    if (wireType === 0) fields.push({ number, value: varint() });
    else if (wireType === 1) fields.push({ number, value: bytes(8) });
    else if (wireType === 2) fields.push({ number, value: bytes(Number(varint())) });
    else if (wireType === 5) fields.push({ number, value: bytes(4) });
    else throw new RangeError(`protobuf wire type ${wireType}`);
  }
  return fields;
}

/** All values of a field that holds messages or strings, in order. */
export function bytesOf(fields: readonly ProtobufField[], number: number): readonly Buffer[] {
  return fields.flatMap((field) => (field.number === number && typeof field.value !== 'bigint' ? [field.value] : []));
}

/** The first value of a string field, '' when absent. */
export function stringOf(fields: readonly ProtobufField[], number: number): string {
  return bytesOf(fields, number)[0]?.toString() ?? '';
}
