import { decodeSegment, splitCollection } from '../core/sw8/segment.ts';
import { segmentToOtlp } from '../core/sw8/segment-to-otlp.ts';
import { createTopology } from '../core/sw8/topology.ts';
import type { SeenTopology, SegmentMessage, SpanBatch } from '../ports/tee.ts';

/** The work of a `SpanConverter`, done at once. */
export interface Conversion {
  convert(messages: readonly SegmentMessage[]): SpanBatch;
  topology(): SeenTopology;
}

const MAX_SEGMENTS = 128;
const MAX_BODY_CHARS = 512 * 1024;

/** A conversion that has nothing yet. */
export function createConversion(): Conversion {
  let topology = createTopology();
  let messages: readonly SegmentMessage[] = [];
  let taken = 0;
  /** What is left of a collection. */
  let rest: Iterator<Buffer> | undefined;

  /** The next segment; undefined when there is none, `unreadable` for a message that is no collection. */
  function next(): Buffer | 'unreadable' | undefined {
    const left = rest?.next();
    if (left?.done === false) return left.value;
    rest = undefined;
    const message = messages[taken];
    taken += 1;
    if (message === undefined || message.kind === 'segment') return message?.bytes;
    const segments = splitCollection(message.bytes);
    if (segments === undefined) return 'unreadable';
    rest = segments.values();
    return next();
  }

  function toJson(bytes: Buffer): string | undefined {
    const segment = decodeSegment(bytes);
    if (segment === undefined) return undefined;
    topology.add(segment);
    const converted = segmentToOtlp(segment);
    return converted === undefined ? undefined : JSON.stringify(converted);
  }

  return {
    convert: (more) => {
      messages = [...messages.slice(taken), ...more];
      taken = 0;
      const parts: string[] = [];
      let unreadable = 0;
      for (let chars = 0; parts.length < MAX_SEGMENTS && chars < MAX_BODY_CHARS;) {
        const bytes = next();
        if (bytes === undefined) break;
        const converted = bytes === 'unreadable' ? undefined : toJson(bytes);
        if (converted === undefined) unreadable += 1;
        else {
          parts.push(converted);
          chars += converted.length;
        }
      }
      const body = new TextEncoder().encode(`{"resourceSpans":[${parts.join(',')}]}`);
      return { body, segments: parts.length, unreadable, waiting: Math.max(0, messages.length - taken) + (rest === undefined ? 0 : 1) };
    },
    topology: () => {
      const seen = { services: topology.services(), edges: topology.edges() };
      topology = createTopology();
      return seen;
    },
  };
}
