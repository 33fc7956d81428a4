import type { MessagePort } from 'node:worker_threads';
import type { SeenTopology, SegmentMessage, SpanBatch } from '../../ports/tee.ts';

/** What a converter's thread is asked; each request has one answer, in the same order. */
export type ConverterRequest =
  /** All messages in one piece: `ends` and `kinds` tell them apart. */
  | { readonly kind: 'convert'; readonly bytes: Uint8Array<ArrayBuffer>; readonly ends: readonly number[]; readonly kinds: readonly SegmentMessage['kind'][] }
  | { readonly kind: 'topology' };

/** Answers a converter's thread gives: a `SpanBatch` to `convert`, a `SeenTopology` to `topology`. */
export type ConverterAnswer = SpanBatch | SeenTopology;

interface Conversion {
  convert(messages: readonly SegmentMessage[]): SpanBatch;
  topology(): SeenTopology;
}

/** The other end of `openConverter`: answers the thread that forwards, in a thread of its own. */
export function serveConverter(port: MessagePort, conversion: Conversion): void {
  port.on('message', (request: ConverterRequest) => {
    if (request.kind === 'topology') return port.postMessage(conversion.topology());
    const batch = conversion.convert(messagesOf(request));
    return port.postMessage(batch, [batch.body.buffer as ArrayBuffer]);
  });
}

function messagesOf({ bytes, ends, kinds }: Extract<ConverterRequest, { kind: 'convert' }>): readonly SegmentMessage[] {
  const whole = Buffer.from(bytes.buffer);
  return kinds.map((kind, index) => ({ kind, bytes: whole.subarray(ends[index - 1] ?? 0, ends[index]) }));
}
