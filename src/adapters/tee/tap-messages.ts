import { gunzip, inflate } from 'node:zlib';
import type { SegmentIntake, SegmentMessage } from '../../ports/tee.ts';

/** Largest message that is copied, before and after decompression; larger ones pass and are counted. gRPC servers take 4 MiB unless told otherwise. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const PREFIX_BYTES = 5;
const decompress = { gzip: gunzip, deflate: inflate } as const;

export interface Tap {
  readonly kind: SegmentMessage['kind'];
  /** Value of the `grpc-encoding` header. */
  readonly encoding: string | undefined;
  readonly intake: SegmentIntake;
}

/** Reads the gRPC messages of a stream from its chunks (PROTOCOL-HTTP2: 1 byte compressed flag, 4 bytes length, message). */
export interface MessageTap {
  push(chunk: Buffer): void;
  /** The stream is over: a message that was cut short is forgotten. */
  end(): void;
}

/** A tap that copies as bytes come: a length that is only announced takes no memory, and what has no room is skipped. */
export function tapMessages(tap: Tap): MessageTap {
  const { intake } = tap;
  const prefix = Buffer.alloc(PREFIX_BYTES);
  let prefixed = 0;
  let left = 0;
  let parts: Buffer[] = [];
  let held = 0;
  let skipping = false;

  function skip(reason: 'unreadable' | 'bufferFull'): void {
    skipping = true;
    intake.lose(reason);
    forget();
  }

  function forget(): void {
    intake.release(held);
    held = 0;
    parts = [];
  }

  function takePrefix(chunk: Buffer, at: number): number {
    const copied = chunk.copy(prefix, prefixed, at, at + PREFIX_BYTES - prefixed);
    prefixed += copied;
    if (prefixed === PREFIX_BYTES) {
      left = prefix.readUInt32BE(1);
      skipping = false;
      if (left > MAX_MESSAGE_BYTES) skip('unreadable');
      if (left === 0) finish();
    }
    return at + copied;
  }

  function takeBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + left);
    left -= end - at;
    if (!skipping) keep(chunk.subarray(at, end));
    if (left === 0) finish();
    return end;
  }

  function keep(bytes: Buffer): void {
    if (!intake.reserve(bytes.length)) return skip('bufferFull');
    held += bytes.length;
    parts.push(Buffer.from(bytes)); // a copy: the chunk is part of a larger buffer that would stay in memory with it
  }

  function finish(): void {
    prefixed = 0;
    if (skipping) return;
    const [first = Buffer.alloc(0)] = parts;
    handOver(tap, parts.length > 1 ? Buffer.concat(parts) : first, prefix[0] !== 0);
    parts = [];
    held = 0;
  }

  return {
    push: (chunk) => {
      for (let at = 0; at < chunk.length;) at = prefixed < PREFIX_BYTES ? takePrefix(chunk, at) : takeBody(chunk, at);
    },
    end: forget,
  };
}

/** A compressed message is opened aside, in Node's own threads; what its content takes more, or less, is reserved or released then. */
function handOver({ kind, encoding, intake }: Tap, bytes: Buffer, compressed: boolean): void {
  if (!compressed) return intake.add({ kind, bytes });
  const open = encoding === 'gzip' || encoding === 'deflate' ? decompress[encoding] : undefined;
  if (open === undefined) return loseHeld(intake, bytes.length, 'unreadable');
  open(bytes, { maxOutputLength: MAX_MESSAGE_BYTES }, (error, content) => {
    if (error) return loseHeld(intake, bytes.length, 'unreadable');
    intake.release(bytes.length);
    if (!intake.reserve(content.length)) return intake.lose('bufferFull');
    return intake.add({ kind, bytes: content });
  });
  return undefined;
}

function loseHeld(intake: SegmentIntake, held: number, reason: 'unreadable'): void {
  intake.release(held);
  intake.lose(reason);
}
