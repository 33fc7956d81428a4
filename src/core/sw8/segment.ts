import { MalformedMessage, nextField, readInt64, readMessage, readString, readVarint32, skipField, type ProtobufReader } from './protobuf-reader.ts';

/** What one thread of one service instance did for one trace (`skywalking.v3.SegmentObject`, language-agent/Tracing.proto). */
export interface Segment {
  readonly traceId: string;
  readonly segmentId: string;
  readonly service: string;
  readonly instance: string;
  readonly spans: readonly SegmentSpan[];
}

export interface SegmentSpan {
  readonly spanId: number;
  /** -1 = the first span of the segment. */
  readonly parentSpanId: number;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  readonly refs: readonly SegmentRef[];
  readonly operation: string;
  /** Address of the other side, of an exit span. */
  readonly peer: string;
  /** 0 entry, 1 exit, 2 local. */
  readonly type: number;
  /** 0 unknown, 1 database, 2 RPC framework, 3 HTTP, 4 messaging, 5 cache, 6 function. */
  readonly layer: number;
  readonly componentId: number;
  readonly isError: boolean;
  readonly tags: readonly KeyValue[];
  readonly logs: readonly SegmentLog[];
}

/** The span of another segment that caused this one. */
export interface SegmentRef {
  /** 0 another process, 1 another thread of this one. */
  readonly type: number;
  readonly traceId: string;
  readonly segmentId: string;
  readonly spanId: number;
  readonly service: string;
  readonly instance: string;
  readonly endpoint: string;
  readonly address: string;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface SegmentLog {
  readonly timeMs: number;
  readonly data: readonly KeyValue[];
}

/**
 * Most spans, refs, tags and logs together in one segment. An agent stops at 300 spans; without a bound, a message of empty entries would take
 * fifty times its size in memory.
 */
const MAX_PARTS = 10_000;

/** Field keys as on the wire: `number << 3 | 2` for what has a length, `number << 3` for numbers. */
const LENGTH = 2;

/** Reads a SegmentObject; undefined when it is malformed or has too many parts. Never throws. */
export function decodeSegment(message: Buffer): Segment | undefined {
  return guarded(() => readSegment({ bytes: message, at: 0, end: message.length }));
}

/** The SegmentObjects of a SegmentCollection (`collectInSync`), each still encoded; undefined when it is malformed. Never throws. */
export function splitCollection(message: Buffer): readonly Buffer[] | undefined {
  return guarded(() => {
    const segments: Buffer[] = [];
    const reader = { bytes: message, at: 0, end: message.length };
    for (let key = nextField(reader); key !== 0; key = nextField(reader)) {
      if (key !== ((1 << 3) | LENGTH)) skipField(reader, key);
      else {
        const { at, end } = readMessage(reader);
        if (segments.push(message.subarray(at, end)) > MAX_PARTS) throw new MalformedMessage('too many segments');
      }
    }
    return segments;
  });
}

function guarded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** Counts the parts of one segment down. */
interface Budget {
  left: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function readSegment(reader: ProtobufReader): Segment {
  const spans: SegmentSpan[] = [];
  const segment: Writable<Segment> = { traceId: '', segmentId: '', service: '', instance: '', spans };
  const budget = { left: MAX_PARTS };
  for (let key = nextField(reader); key !== 0; key = nextField(reader)) {
    if (key === ((1 << 3) | LENGTH)) segment.traceId = readString(reader);
    else if (key === ((2 << 3) | LENGTH)) segment.segmentId = readString(reader);
    else if (key === ((3 << 3) | LENGTH)) spans.push(readSpan(part(reader, budget), budget));
    else if (key === ((4 << 3) | LENGTH)) segment.service = readString(reader);
    else if (key === ((5 << 3) | LENGTH)) segment.instance = readString(reader);
    else skipField(reader, key);
  }
  return segment;
}

function readSpan(reader: ProtobufReader, budget: Budget): SegmentSpan {
  const refs: SegmentRef[] = [];
  const tags: KeyValue[] = [];
  const logs: SegmentLog[] = [];
  const numbers = { spanId: 0, parentSpanId: 0, startMs: 0, endMs: 0, type: 0, layer: 0, componentId: 0 };
  const span: Writable<SegmentSpan> = { ...numbers, operation: '', peer: '', isError: false, refs, tags, logs };
  for (let key = nextField(reader); key !== 0; key = nextField(reader)) {
    if (key === 1 << 3) span.spanId = readVarint32(reader) | 0;
    else if (key === 2 << 3) span.parentSpanId = readVarint32(reader) | 0;
    else if (key === 3 << 3) span.startMs = readInt64(reader);
    else if (key === 4 << 3) span.endMs = readInt64(reader);
    else if (key === ((5 << 3) | LENGTH)) refs.push(readRef(part(reader, budget)));
    else if (key === ((6 << 3) | LENGTH)) span.operation = readString(reader);
    else if (key === ((7 << 3) | LENGTH)) span.peer = readString(reader);
    else if (key === 8 << 3) span.type = readVarint32(reader);
    else if (key === 9 << 3) span.layer = readVarint32(reader);
    else if (key === 10 << 3) span.componentId = readVarint32(reader) | 0;
    else if (key === 11 << 3) span.isError = readVarint32(reader) !== 0;
    else if (key === ((12 << 3) | LENGTH)) tags.push(readKeyValue(part(reader, budget)));
    else if (key === ((13 << 3) | LENGTH)) logs.push(readLog(part(reader, budget), budget));
    else skipField(reader, key);
  }
  return span;
}

function readRef(reader: ProtobufReader): SegmentRef {
  const ref: Writable<SegmentRef> = { type: 0, traceId: '', segmentId: '', spanId: 0, service: '', instance: '', endpoint: '', address: '' };
  for (let key = nextField(reader); key !== 0; key = nextField(reader)) {
    if (key === 1 << 3) ref.type = readVarint32(reader);
    else if (key === ((2 << 3) | LENGTH)) ref.traceId = readString(reader);
    else if (key === ((3 << 3) | LENGTH)) ref.segmentId = readString(reader);
    else if (key === 4 << 3) ref.spanId = readVarint32(reader) | 0;
    else if (key === ((5 << 3) | LENGTH)) ref.service = readString(reader);
    else if (key === ((6 << 3) | LENGTH)) ref.instance = readString(reader);
    else if (key === ((7 << 3) | LENGTH)) ref.endpoint = readString(reader);
    else if (key === ((8 << 3) | LENGTH)) ref.address = readString(reader);
    else skipField(reader, key);
  }
  return ref;
}

function readLog(reader: ProtobufReader, budget: Budget): SegmentLog {
  const data: KeyValue[] = [];
  const log: Writable<SegmentLog> = { timeMs: 0, data };
  for (let key = nextField(reader); key !== 0; key = nextField(reader)) {
    if (key === 1 << 3) log.timeMs = readInt64(reader);
    else if (key === ((2 << 3) | LENGTH)) data.push(readKeyValue(part(reader, budget)));
    else skipField(reader, key);
  }
  return log;
}

function readKeyValue(reader: ProtobufReader): KeyValue {
  const pair: Writable<KeyValue> = { key: '', value: '' };
  for (let key = nextField(reader); key !== 0; key = nextField(reader)) {
    if (key === ((1 << 3) | LENGTH)) pair.key = readString(reader);
    else if (key === ((2 << 3) | LENGTH)) pair.value = readString(reader);
    else skipField(reader, key);
  }
  return pair;
}

/** The next message within this one, counted. */
function part(reader: ProtobufReader, budget: Budget): ProtobufReader {
  if (budget.left-- <= 0) throw new MalformedMessage('too many parts');
  return readMessage(reader);
}
