import type { KeyValue, Segment, SegmentLog, SegmentRef, SegmentSpan } from '../../src/core/sw8/segment.ts';

/** A segment of one entry span, with what a test says differently. */
export function segment(parts: Partial<Segment> = {}): Segment {
  const traceId = '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003';
  return { traceId, segmentId: '5f0dd3a0d1b94c3a8e7d2b6b3a1c9f10.44.17954313111340005', service: 'orders', instance: 'orders@1', spans: [span()], ...parts };
}

/** An entry span without ref, tags and logs, with what a test says differently. */
export function span(parts: Partial<SegmentSpan> = {}): SegmentSpan {
  const times = { startMs: 1_795_431_311_134, endMs: 1_795_431_311_200 };
  const plain = { spanId: 0, parentSpanId: -1, ...times, refs: [], operation: 'GET:/orders', peer: '', type: 0, layer: 3, componentId: 1 };
  return { ...plain, isError: false, tags: [], logs: [], ...parts };
}

/** A ref to span 2 of a segment of `gateway`, with what a test says differently. */
export function ref(parts: Partial<SegmentRef> = {}): SegmentRef {
  const ids = { traceId: '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340003', segmentId: '0261b37e52464a3c9f21aee37883e0ae.1.17954313111340002', spanId: 2 };
  return { type: 0, ...ids, service: 'gateway', instance: 'gateway@1', endpoint: 'GET:/', address: 'orders:8080', ...parts };
}

/** The segment as an agent sends it: a `skywalking.v3.SegmentObject` in protobuf, defaults left out. */
export function encodeSegment(value: Segment): Buffer {
  const { traceId, segmentId, spans, service, instance } = value;
  return message([1, traceId], [2, segmentId], ...spans.map((each) => [3, encodeSpan(each)] as const), [4, service], [5, instance]);
}

/** A `SegmentCollection` of encoded segments. */
export function encodeCollection(segments: readonly Buffer[]): Buffer {
  return message(...segments.map((each) => [1, each] as const));
}

/** A message as gRPC frames it: flag, length, bytes. */
export function grpcFrame(content: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function encodeSpan(value: SegmentSpan): Buffer {
  const { spanId, parentSpanId, startMs, endMs, refs, operation, peer, type, layer, componentId, isError, tags, logs } = value;
  return message(
    [1, spanId],
    [2, parentSpanId],
    [3, startMs],
    [4, endMs],
    ...refs.map((each) => [5, encodeRef(each)] as const),
    [6, operation],
    [7, peer],
    [8, type],
    [9, layer],
    [10, componentId],
    [11, Number(isError)],
    ...tags.map((each) => [12, encodePair(each)] as const),
    ...logs.map((each) => [13, encodeLog(each)] as const),
  );
}

function encodeRef(value: SegmentRef): Buffer {
  const { type, traceId, segmentId, spanId, service, instance, endpoint, address } = value;
  return message([1, type], [2, traceId], [3, segmentId], [4, spanId], [5, service], [6, instance], [7, endpoint], [8, address]);
}

function encodeLog({ timeMs, data }: SegmentLog): Buffer {
  return message([1, timeMs], ...data.map((each) => [2, encodePair(each)] as const));
}

function encodePair({ key, value }: KeyValue): Buffer {
  return message([1, key], [2, value]);
}

/** Fields in the order given; numbers as varints, the rest with a length; empty messages stay, for repeated fields. */
function message(...fields: readonly (readonly [number, number | string | Buffer])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (value === 0 || value === '') return [];
      if (typeof value === 'number') return [varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value)))];
      const bytes = Buffer.from(value);
      return [varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes];
    }),
  );
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}
