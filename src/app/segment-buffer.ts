import type { SegmentIntake, SegmentMessage } from '../ports/tee.ts';

/** Copies that wait for the new pipeline, bounded in bytes. When it is full the oldest make room: what happens now is what people look for. */
export interface SegmentBuffer extends SegmentIntake {
  take(): SegmentMessage | undefined;
  status(): { readonly messages: number; readonly bytes: number; readonly seen: number; readonly unreadable: number; readonly bufferFull: number };
  /** Resolves when there is something to take, or nothing more will come. */
  filled(): Promise<void>;
  /** Nothing more will come. */
  close(): void;
}

/** What a waiting message costs besides its bytes. */
const MESSAGE_OVERHEAD = 256;
/** Taken places are given back in one go once there are so many. */
const COMPACT_AT = 1_024;

/** An empty buffer for so many bytes, those of messages that are still arriving included. */
export function createSegmentBuffer(maxBytes: number): SegmentBuffer {
  let queue: (SegmentMessage | undefined)[] = [];
  let head = 0;
  let bytes = 0;
  const counts = { seen: 0, unreadable: 0, bufferFull: 0 };
  let closed = false;
  let wake: (() => void) | undefined;

  function take(): SegmentMessage | undefined {
    const message = queue[head];
    if (message === undefined) return undefined;
    queue[head] = undefined;
    head += 1;
    bytes -= message.bytes.length + MESSAGE_OVERHEAD;
    if (head >= COMPACT_AT && head * 2 >= queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
    return message;
  }

  function makeRoom(): void {
    while (bytes > maxBytes && take() !== undefined) counts.bufferFull += 1;
  }

  return {
    take,
    reserve: (more) => {
      bytes += more;
      makeRoom();
      if (bytes <= maxBytes) return true;
      bytes -= more;
      return false;
    },
    release: (unused) => {
      bytes -= unused;
    },
    add: (message) => {
      counts.seen += 1;
      queue.push(message);
      bytes += MESSAGE_OVERHEAD;
      makeRoom();
      wake?.();
    },
    lose: (reason) => {
      counts.seen += 1;
      counts[reason] += 1;
    },
    status: () => ({ messages: queue.length - head, bytes, ...counts }),
    filled: () => {
      if (queue.length > head || closed) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      return promise;
    },
    close: () => {
      closed = true;
      wake?.();
    },
  };
}
