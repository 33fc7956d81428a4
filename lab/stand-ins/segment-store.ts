import { bytesOf, protobufFields, stringOf } from './protobuf-fields.ts';

/** What a SkyWalking agent reported in one TraceSegment, as far as tests ask. */
export interface Segment {
  readonly traceId: string;
  readonly segmentId: string;
  readonly service: string;
  readonly instance: string;
  /** Operation names of the spans, in the order they were reported. */
  readonly operations: readonly string[];
  /** The segments that called this one, over the `sw8` header. */
  readonly refs: readonly { readonly traceId: string; readonly parentSegmentId: string; readonly parentService: string; readonly address: string }[];
}

/** Counts since the start of the stand-in, for one service. */
export interface ServiceCount {
  readonly segments: number;
  readonly refs: number;
}

const keptSegments = 5_000;

/** Keeps the newest segments of real calls (the kubelet's probes would push them out) and counts all. */
export interface SegmentStore {
  readonly add: (message: Buffer) => void;
  readonly counts: () => Readonly<Record<string, ServiceCount>>;
  /** Newest last; of one trace when asked. */
  readonly segments: (traceId?: string) => readonly Segment[];
}

/** An empty store. */
export function createSegmentStore(): SegmentStore {
  const kept: Segment[] = [];
  const counts: Record<string, { segments: number; refs: number }> = {};
  return {
    add: (message) => {
      const segment = readSegment(message);
      if (!isProbe(segment)) kept.push(segment);
      if (kept.length > keptSegments) kept.shift();
      const count = (counts[segment.service] ??= { segments: 0, refs: 0 });
      count.segments += 1;
      count.refs += segment.refs.length;
    },
    counts: () => counts,
    segments: (traceId) => kept.filter((segment) => traceId === undefined || segment.traceId === traceId),
  };
}

/** Reads a `skywalking.v3.SegmentObject` (skywalking-data-collect-protocol, language-agent/Tracing.proto). */
export function readSegment(message: Buffer): Segment {
  const segment = protobufFields(message);
  const spans = bytesOf(segment, 3).map(protobufFields);
  return {
    traceId: stringOf(segment, 1),
    segmentId: stringOf(segment, 2),
    service: stringOf(segment, 4),
    instance: stringOf(segment, 5),
    operations: spans.map((span) => stringOf(span, 6)),
    refs: spans
      .flatMap((span) => bytesOf(span, 5).map(protobufFields))
      .map((ref) => ({
        traceId: stringOf(ref, 2),
        parentSegmentId: stringOf(ref, 3),
        parentService: stringOf(ref, 5),
        address: stringOf(ref, 8),
      })),
  };
}

function isProbe(segment: Segment): boolean {
  return segment.operations.length === 1 && segment.operations[0] === 'GET:/health';
}
