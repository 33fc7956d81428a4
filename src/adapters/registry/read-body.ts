import { ChangeoverError } from '../../core/error.ts';
import type { WireReply } from './transport.ts';

const MAX_TEXT = 64 * 1024;

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
