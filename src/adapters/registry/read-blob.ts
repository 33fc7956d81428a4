import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import { hashLike } from './content-digest.ts';
import { askUntilWhole, isCut, readBytes } from './read-body.ts';
import type { RegistryClient } from './registry-client.ts';
import { corruptContent } from './registry-error.ts';
import type { WireReply } from './transport.ts';

export interface BlobRequest {
  readonly repository: Repository;
  readonly digest: string;
  /** For messages. */
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

const MAX_CUTS = 5;

/**
 * A blob's bytes. A stream that is cut goes on where it stopped when the registry can do that. Throws `not-found` when the
 * blob is not there, and `refused` at the end when the bytes do not hash to the digest.
 */
export async function* readBlob(client: RegistryClient, blob: BlobRequest): AsyncGenerator<Uint8Array> {
  const hash = hashLike(blob.digest);
  let received = 0;
  for (let cuts = 0, ended = false; !ended; cuts += 1) {
    const reply = await openBlob(client, blob, received);
    try {
      for await (const chunk of reply.body) {
        hash.update(chunk);
        received += chunk.length;
        yield chunk;
      }
      ended = true;
    } catch (error) {
      if (cuts === MAX_CUTS || !isCut(error)) throw error;
    }
  }
  const found = hash.digest();
  if (found !== blob.digest) throw corruptContent(blob.digest, found, blob.target);
}

/** Some bytes of a blob; undefined when the registry does not give parts. A part that is cut is asked for again. */
export async function readBlobPart(
  client: RegistryClient,
  { repository, digest, target, signal }: BlobRequest,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Uint8Array | undefined> {
  const headers = { range: `bytes=${from}-${to - 1}` };
  return askUntilWhole(async () => {
    const reply = await client.call({
      method: 'GET',
      repository,
      to: `blobs/${digest}`,
      access: 'pull',
      headers,
      accept: [200, 206, 404, 416],
      action: 'reading a part of the blob',
      target,
      signal,
    });
    if (reply.status === 206) {
      const bytes = await readBytes(reply, to - from, target);
      return bytes.length === to - from && (reply.headers['content-range'] ?? '').startsWith(`bytes ${from}-${to - 1}/`) ? bytes : undefined;
    }
    await reply.discard();
    if (reply.status === 404) throw new ChangeoverError('not-found', 'the registry does not have this blob', { target });
    return undefined;
  });
}

async function openBlob(client: RegistryClient, { repository, digest, target, signal }: BlobRequest, from: number): Promise<WireReply> {
  const rest = from === 0 ? { accept: [200, 404] } : { accept: [206], headers: { range: `bytes=${from}-` } };
  const reply = await client.call({ method: 'GET', repository, to: `blobs/${digest}`, access: 'pull', ...rest, action: 'reading the blob', target, signal });
  if (reply.status !== 404) return reply;
  await reply.discard();
  throw new ChangeoverError('not-found', 'the registry does not have this blob', { target });
}
