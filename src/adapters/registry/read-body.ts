import { ChangeoverError } from '../../core/error.ts';
import { networkCode } from './registry-error.ts';
import type { WireReply } from './transport.ts';

const MAX_TEXT = 64 * 1024;
const MAX_ATTEMPTS = 3;

/** The whole body. Throws `too-large` when it is longer than `limit` bytes. */
export async function readBytes(reply: WireReply, limit: number, target: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of reply.body) {
    parts.push(part);
    length += part.length;
    if (length > limit) throw new ChangeoverError('too-large', `the registry's answer is larger than ${limit} bytes`, { target });
  }
  return Buffer.concat(parts);
}

/** The first 64 KiB of a body as text: token answers and error messages are shorter. */
export async function readText(reply: WireReply): Promise<string> {
  let text = Buffer.alloc(0);
  for await (const part of reply.body) {
    text = Buffer.concat([text, part]);
    if (text.length > MAX_TEXT) break;
  }
  return text.toString('utf8', 0, MAX_TEXT);
}

/** Asks again, twice, when an answer is cut while it is read. For documents that are read whole; a blob goes on where it was cut. */
export async function askUntilWhole<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isCut(error)) throw error;
    }
  }
}

/** Whether an error is a connection that ended early. */
export function isCut(error: unknown): boolean {
  return error instanceof ChangeoverError && error.code === 'unreachable' && error.retryable && networkCode(error.cause) !== '';
}
