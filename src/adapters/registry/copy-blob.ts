import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { RegistryClient } from './registry-client.ts';
import { cancelUpload, hasBlob, startUpload } from './upload-blob.ts';
import { brokenUpload, finishUpload } from './upload-session.ts';

export interface Copy {
  readonly repository: Repository;
  readonly digest: string;
  /** In bytes, as the manifest says. */
  readonly size: number;
  /** The blob from its start, wherever it is; throws at its end when the bytes do not hash to the digest. */
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal | undefined;
}

const MAX_ATTEMPTS = 3;

/**
 * Makes a blob that is elsewhere exist in a repository: its bytes pass through this process as they come, a few at a time. An upload that breaks is
 * started again, twice. What cannot be read, or is not what its digest says, is thrown as it is, and the upload is given back unfinished.
 */
export async function copyBlob(client: RegistryClient, copy: Copy): Promise<'existed' | 'copied'> {
  if (await hasBlob(client, copy)) return 'existed';
  for (let attempt = 1; ; attempt += 1) {
    const { repository, signal } = copy;
    const session = await startUpload(client, repository, signal);
    const source = { failure: undefined as unknown };
    try {
      await finishUpload(client, copy, { location: session.location, rest: { size: copy.size, open: () => readWhole(copy, source) } });
      return 'copied';
    } catch (error) {
      if (source.failure !== undefined) {
        await cancelUpload(client, repository, session.location, undefined);
        throw source.failure;
      }
      if (brokenUpload(error, session) === 'for good' || attempt === MAX_ATTEMPTS) throw error;
    }
    if (await hasBlob(client, copy)) return 'copied';
  }
}

/** The last bytes are given only when all are known to be right: a registry never gets a whole blob that is wrong. */
async function* readWhole(copy: Copy, source: { failure: unknown }): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  let length = 0;
  try {
    for await (const chunk of copy.read()) {
      length += chunk.length;
      if (length > copy.size) throw otherSize(copy);
      if (held) yield held;
      held = chunk;
    }
    if (length !== copy.size) throw otherSize(copy);
  } catch (error) {
    source.failure = error;
    throw error;
  }
  if (held) yield held;
}

function otherSize({ repository, digest, size }: Copy): ChangeoverError {
  return new ChangeoverError('refused', `the layer ${digest} does not have the ${size} bytes that its manifest says`, {
    target: `${repository.registry}/${repository.path}`,
  });
}
