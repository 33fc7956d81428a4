import type { Clock } from '../ports/clock.ts';
import type { PeerState, SegmentMessage, SpanBatch, SpanConverter, SpanSink } from '../ports/tee.ts';
import type { SegmentBuffer } from './segment-buffer.ts';

/** Segments by what became of them, since the start; the state of the new pipeline. */
export interface ExportStatus {
  readonly sent: number;
  /** Not delivered although tried for a minute, or when the end came. */
  readonly undelivered: number;
  /** The pipeline would not have them. */
  readonly refused: number;
  readonly unreadable: number;
  /** Spans of delivered segments that the pipeline threw away. */
  readonly rejectedSpans: number;
  readonly collector: PeerState;
}

export interface SpanExport {
  status(): ExportStatus;
  /** Sends what waits, for so many milliseconds at most. Nothing may be added any more. */
  finish(withinMs: number): Promise<void>;
}

export interface ExportPorts {
  readonly buffer: SegmentBuffer;
  readonly sink: Pick<SpanSink, 'send'>;
  readonly converter: Pick<SpanConverter, 'convert'>;
  readonly clock: Clock;
}

/** Time in which segments gather before they are sent together. */
const GATHER_MS = 50;
const GATHER_MESSAGES = 128;
/** Handed to the converter at once, if there is more than one message. */
const GATHER_BYTES = 512 * 1024;
/** Requests in flight at once. */
const LANES = 4;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
/** How long one batch is tried; meanwhile the buffer keeps what is newer. */
const BUDGET_MS = 60_000;

/**
 * Sends what is in the buffer to the new pipeline until `finish`. A pipeline that is slow or away holds up nothing but this: each batch is tried for a
 * minute with growing, jittered pauses (or those it asks for), then counted as undelivered, and the buffer drops its oldest.
 */
export function exportSpans({ buffer, converter, sink, clock }: ExportPorts): SpanExport {
  const counts = { sent: 0, undelivered: 0, refused: 0, unreadable: 0, rejectedSpans: 0 };
  let collector: PeerState = { state: 'unknown' };
  const stopping = new AbortController();
  const cut = new AbortController();

  async function run(): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    let waiting = 0;
    for (;;) {
      if (waiting === 0 && !stopping.signal.aborted) await gather();
      while (inFlight.size >= LANES) await Promise.race(inFlight);
      const messages = waiting === 0 ? takeMessages(buffer) : [];
      if (waiting === 0 && messages.length === 0 && stopping.signal.aborted) break;
      if (waiting === 0 && messages.length === 0) continue;
      const batch = await converter.convert(messages);
      waiting = batch.waiting;
      counts.unreadable += batch.unreadable;
      if (batch.segments === 0) continue;
      const sending = deliver(batch).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
    }
    await Promise.all(inFlight);
  }

  async function gather(): Promise<void> {
    await buffer.filled();
    if (buffer.status().messages < GATHER_MESSAGES) await slept(clock, GATHER_MS, stopping.signal);
  }

  async function deliver({ body, segments }: SpanBatch): Promise<void> {
    const end = clock.now() + BUDGET_MS;
    for (let wait = FIRST_WAIT_MS; !cut.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const result = await sink.send(body, cut.signal);
      collector = result.kind === 'accepted' ? { state: 'up' } : { state: 'down', problem: result.problem };
      if (result.kind === 'refused') {
        counts.refused += segments;
        return;
      }
      if (result.kind === 'accepted') {
        counts.sent += segments;
        counts.rejectedSpans += result.rejectedSpans;
        return;
      }
      const pause = result.retryAfterMs ?? wait * (0.5 + Math.random() / 2);
      if (clock.now() + pause > end || !(await slept(clock, pause, cut.signal))) break;
    }
    counts.undelivered += segments;
  }

  const running = run();
  return {
    status: () => ({ ...counts, collector }),
    finish: async (withinMs) => {
      stopping.abort();
      buffer.close();
      const done = new AbortController();
      const limit = slept(clock, withinMs, done.signal).then((late) => late && cut.abort());
      await running.finally(() => done.abort());
      await limit;
    },
  };
}

/** Takes what waits, as much as one conversion shall hold. */
function takeMessages(buffer: SegmentBuffer): readonly SegmentMessage[] {
  const messages: SegmentMessage[] = [];
  for (let bytes = 0; messages.length < GATHER_MESSAGES && bytes < GATHER_BYTES;) {
    const message = buffer.take();
    if (message === undefined) break;
    messages.push(message);
    bytes += message.bytes.length;
  }
  return messages;
}

/** Whether the time passed before the signal fired. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch {
    return false;
  }
}
