/**
 * A cursor over one protobuf message (https://protobuf.dev/programming-guides/encoding/). Own code, since the core takes no packages: only what a
 * segment needs is read, nothing is copied but strings, and every read stays inside the message.
 */
export interface ProtobufReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

/** What a malformed message throws inside this folder; whoever reads a message catches it. */
export class MalformedMessage extends Error {}

/** A field's key as it stands on the wire: `number << 3 | wireType`; 0 at the end of the message. */
export function nextField(reader: ProtobufReader): number {
  if (reader.at === reader.end) return 0;
  const key = readVarint32(reader);
  if (key >>> 3 === 0) throw new MalformedMessage('field number 0');
  return key;
}

/** The low 32 bits of a varint, unsigned: lengths, enums, booleans, and (`| 0`) an `int32`. */
export function readVarint32(reader: ProtobufReader): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = nextByte(reader);
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new MalformedMessage('a varint of more than 10 bytes');
}

/** An `int64` as a number: exact up to 2^53, which is enough for milliseconds. */
export function readInt64(reader: ProtobufReader): number {
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = nextByte(reader);
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else if (shift < 64) high |= bits << (shift - 32);
    if (byte < 0x80) return high * 2 ** 32 + (low >>> 0);
  }
  throw new MalformedMessage('a varint of more than 10 bytes');
}

/** A `string`; bytes that are no UTF-8 become U+FFFD. */
export function readString(reader: ProtobufReader): string {
  const start = skipBytes(reader, readVarint32(reader));
  return reader.bytes.toString('utf8', start, reader.at);
}

/** A message within this message: a cursor of its own, over the same bytes. */
export function readMessage(reader: ProtobufReader): ProtobufReader {
  const at = skipBytes(reader, readVarint32(reader));
  return { bytes: reader.bytes, at, end: reader.at };
}

/** Leaves out a field that is not known; groups, which proto3 has not, are malformed. */
export function skipField(reader: ProtobufReader, key: number): void {
  const wireType = key & 7;
  if (wireType === 0) readVarint32(reader);
  else if (wireType === 1) skipBytes(reader, 8);
  else if (wireType === 2) skipBytes(reader, readVarint32(reader));
  else if (wireType === 5) skipBytes(reader, 4);
  else throw new MalformedMessage(`wire type ${wireType}`);
}

function nextByte(reader: ProtobufReader): number {
  if (reader.at >= reader.end) throw new MalformedMessage('cut short');
  return reader.bytes[reader.at++] ?? 0;
}

/** Moves on, and returns where it was. */
function skipBytes(reader: ProtobufReader, length: number): number {
  const start = reader.at;
  if (length > reader.end - start) throw new MalformedMessage('cut short');
  reader.at = start + length;
  return start;
}
