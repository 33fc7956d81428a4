import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { RegistryClient } from './registry-client.ts';
import type { WireBody, WireReply } from './transport.ts';

/** An upload that is open at the registry. */
export interface UploadSession {
  /** Where the next bytes go; every answer may give a new one. */
  readonly location: URL;
  /** How many bytes the registry has. */
  readonly offset: number;
  /** The smallest piece it takes, but for the last one. */
  readonly minChunk: number;
}

interface Content {
  readonly repository: Repository;
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Pieces of a resumed upload: small enough that a line which breaks often still makes progress. */
const CHUNK = 4 * 1024 * 1024;

/** The session an answer with an upload location opens. */
export function openedSession(client: RegistryClient, repository: Repository, reply: WireReply): UploadSession {
  const least = reply.headers['oci-chunk-min-length'] ?? '';
  return { location: client.location(reply, repository), offset: 0, minChunk: /^\d{1,9}$/.test(least) ? Number(least) : 0 };
}

/**
 * Sends what is missing and closes the upload. All bytes go in one PUT, the form every registry takes; of a resumed upload the rest goes
 * in pieces. Source: distribution-spec, "Pushing blobs".
 */
export async function sendBytes(client: RegistryClient, content: Content, session: UploadSession): Promise<void> {
  if (session.offset === 0) return finishUpload(client, content, { ...session, rest: content.bytes });
  let { location, offset } = session;
  while (offset < content.bytes.length) {
    const piece = content.bytes.subarray(offset, offset + Math.max(CHUNK, session.minChunk));
    location = await sendPiece(client, content, { location, offset, piece });
    offset += piece.length;
  }
  return finishUpload(client, content, { location, rest: new Uint8Array() });
}

/** What a failure means for an upload: ask how far it came, start another one, or neither helps. */
export function brokenUpload(error: unknown, session: UploadSession): 'connection' | 'session' | 'for good' {
  if (!(error instanceof ChangeoverError)) return 'for good';
  if (error.code === 'unreachable' && error.retryable) return 'connection';
  // Some registries count pieces wrongly, and say so at the end.
  return error.code === 'refused' && session.offset > 0 ? 'session' : 'for good';
}

/** The session as the registry knows it now; undefined when it does not tell, or has nothing. */
export async function resumeUpload(client: RegistryClient, content: Content, session: UploadSession): Promise<UploadSession | undefined> {
  const { repository, digest, bytes, signal } = content;
  const call = { method: 'GET', repository, to: session.location, access: 'pull,push', accept: [200, 202, 204] } as const;
  try {
    const reply = await client.call({ ...call, action: `state of the upload of ${digest}`, target: `${repository.registry}/${repository.path}`, signal });
    await reply.discard();
    const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(reply.headers['range'] ?? '')?.[1] ?? 0);
    // `0-0` is what registries answer that have nothing; one byte is not worth telling apart.
    if (last === 0 || last >= bytes.length) return undefined;
    const location = reply.headers['location'] === undefined ? session.location : client.location(reply, repository);
    return { ...session, location, offset: last + 1 };
  } catch (error) {
    if (error instanceof ChangeoverError && error.code === 'aborted') throw error;
    return undefined;
  }
}

interface Piece {
  readonly location: URL;
  readonly offset: number;
  readonly piece: Uint8Array;
}

async function sendPiece(client: RegistryClient, { repository, digest, signal }: Content, { location, offset, piece }: Piece): Promise<URL> {
  const target = `${repository.registry}/${repository.path}`;
  const range = `${offset}-${offset + piece.length - 1}`;
  const reply = await client.call({
    method: 'PATCH',
    repository,
    to: location,
    access: 'pull,push',
    headers: { 'content-type': 'application/octet-stream', 'content-range': range },
    body: piece,
    accept: [200, 201, 202, 204, 416],
    action: `upload of ${digest} (bytes ${range})`,
    target,
    repeatable: false,
    signal,
  });
  await reply.discard();
  if (reply.status === 416) throw new ChangeoverError('unreachable', `the registry has other bytes of ${digest} than were sent`, { target, retryable: true });
  return reply.headers['location'] === undefined ? location : client.location(reply, repository);
}

/** Sends the rest and closes the upload; the registry checks the whole against the digest. */
export async function finishUpload(
  client: RegistryClient,
  { repository, digest, signal }: Omit<Content, 'bytes'>,
  { location, rest }: { readonly location: URL; readonly rest: WireBody },
): Promise<void> {
  const target = `${repository.registry}/${repository.path}`;
  // The query is the registry's own (it may be signed): add to it, never rebuild it.
  const to = new URL(`${location.href}${location.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`);
  const reply = await client.call({
    method: 'PUT',
    repository,
    to,
    access: 'pull,push',
    headers: { 'content-type': 'application/octet-stream' },
    body: rest,
    accept: [200, 201, 204, 404],
    action: `upload of ${digest}`,
    target,
    repeatable: false,
    signal,
  });
  await reply.discard();
  if (reply.status === 404) throw new ChangeoverError('unreachable', `the registry forgot the upload of ${digest} before its end`, { target, retryable: true });
  const stored = reply.headers['docker-content-digest'];
  if (stored?.startsWith(digest.slice(0, digest.indexOf(':') + 1)) && stored !== digest)
    throw new ChangeoverError('refused', `the registry stored ${stored} where ${digest} was sent`, { target });
}
