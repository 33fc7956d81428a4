import { setImmediate as turn } from 'node:timers/promises';
import { decodeSegment, splitCollection } from '../core/sw8/segment.ts';
import { segmentToOtlp } from '../core/sw8/segment-to-otlp.ts';
import type { Topology } from '../core/sw8/topology.ts';
import type { SegmentBuffer } from './segment-buffer.ts';

/** One OTLP request, ready to be sent. */
export interface SpanBatch {
  /** ExportTraceServiceRequest in JSON. */
  readonly body: string;
  readonly segments: number;
  /** Messages and segments that could not be read. */
  readonly unreadable: number;
}

/** The segments that wait, one by one; what is left of a collection comes first. */
export interface SegmentSource {
  /** Undefined when nothing waits; `unreadable` for a message that is no collection. */
  next(): Buffer | 'unreadable' | undefined;
}

const MAX_SEGMENTS = 128;
const MAX_BODY_CHARS = 512 * 1024;
/** Segments converted between two looks at the network: a fraction of a millisecond. */
const SEGMENTS_A_TURN = 4;

/** Takes messages out of the buffer and collections apart. */
export function createSegmentSource(buffer: Pick<SegmentBuffer, 'take'>): SegmentSource {
  let rest: Iterator<Buffer> | undefined;
  const next = (): Buffer | 'unreadable' | undefined => {
    const left = rest?.next();
    if (left?.done === false) return left.value;
    rest = undefined;
    const message = buffer.take();
    if (message === undefined || message.kind === 'segment') return message?.bytes;
    const segments = splitCollection(message.bytes);
    if (segments === undefined) return 'unreadable';
    rest = segments.values();
    return next();
  };
  return { next };
}

/** Converts what waits into one request of bounded size, a few segments at a time: the proxy beside it must not feel it. */
export async function makeSpanBatch(source: SegmentSource, topology: Topology): Promise<SpanBatch> {
  const parts: string[] = [];
  let chars = 0;
  let unreadable = 0;
  for (let taken = 1; parts.length < MAX_SEGMENTS && chars < MAX_BODY_CHARS; taken += 1) {
    const bytes = source.next();
    if (bytes === undefined) break;
    const converted = bytes === 'unreadable' ? undefined : convert(bytes, topology);
    if (converted === undefined) unreadable += 1;
    else {
      parts.push(converted);
      chars += converted.length;
    }
    if (taken % SEGMENTS_A_TURN === 0) await turn();
  }
  return { body: `{"resourceSpans":[${parts.join(',')}]}`, segments: parts.length, unreadable };
}

function convert(bytes: Buffer, topology: Topology): string | undefined {
  const segment = decodeSegment(bytes);
  if (segment === undefined) return undefined;
  topology.add(segment);
  const converted = segmentToOtlp(segment);
  return converted === undefined ? undefined : JSON.stringify(converted);
}
