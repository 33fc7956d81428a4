import { ChangeoverError } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Clock } from '../../ports/clock.ts';
import { failureOfNetwork, failureOfStatus, isMissingObject, type ErrorAnswer, type Failure, type Peer } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { Credential, CredentialSource } from './credentials.ts';
import type { Answer, OpenStream, Transport } from './transport.ts';

export interface ApiOptions {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly peer: Peer;
}

/** Calls with their retries; every failure leaves as a ChangeoverError. */
export interface Api {
  readonly peer: Peer;
  /** The answer as a JSON object. */
  json(request: ApiRequest, signal?: AbortSignal): Promise<JsonObject>;
  /** The same, undefined when the object does not exist; a kind that does not exist is `not-found`. */
  find(request: ApiRequest, signal?: AbortSignal): Promise<JsonObject | undefined>;
  /** The answer as text; broken UTF-8 becomes U+FFFD. */
  text(request: ApiRequest, signal?: AbortSignal): Promise<string>;
  /** The server's clock as the answer tells it, in milliseconds since the epoch. */
  date(request: ApiRequest, signal?: AbortSignal): Promise<number | undefined>;
  /** Opens a watch, once; a pause of `idleMs` breaks it. Errors while reading are for `brokenBy`. */
  chunks(request: ApiRequest, options: { readonly signal: AbortSignal; readonly idleMs: number }): Promise<AsyncIterable<Buffer>>;
  /** The error that a broken connection means. */
  brokenBy(request: ApiRequest, reason: unknown): ChangeoverError;
  /** The error that a `Status` inside a watch means. */
  saidBy(request: ApiRequest, status: JsonObject): ChangeoverError;
}

const ATTEMPTS = 5;
const BUDGET_MS = 20_000;
/** For a server that does not even accept a connection. */
const CONNECT_BUDGET_MS = 3_000;
const MAX_ERROR_BYTES = 64 * 1024;

/** The port's rules: reads are sent again while the budget lasts, writes only where the server surely did not act. */
export function createApi(options: ApiOptions): Api {
  const { peer } = options;
  return {
    peer,
    json: async (request, signal) => parseObject(request, await send(options, request, { signal }), peer),
    find: async (request, signal) => {
      const answer = await send(options, request, { signal, absent: true });
      return answer.status === 404 ? undefined : parseObject(request, answer, peer);
    },
    text: async (request, signal) => (await send(options, request, { signal })).body.toString('utf8'),
    date: async (request, signal) => (await send(options, request, { signal })).dateMs,
    chunks: (request, open) => openChunks(options, request, open),
    brokenBy: (request, reason) => failureOfNetwork(request, reason, peer).error,
    saidBy: (request, status) =>
      failureOfStatus(request, { status: Number(status['code']), body: JSON.stringify(status), retryAfterMs: undefined }, peer).error,
  };
}

/** Milliseconds to wait before attempt `attempt` + 1: doubling from 250, spread over half to one and a half of that. */
export function backoffMs(attempt: number, capMs = 30_000): number {
  return Math.min(capMs, 250 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random());
}

async function send(
  options: ApiOptions,
  request: ApiRequest,
  { signal, absent = false }: { readonly signal: AbortSignal | undefined; readonly absent?: boolean },
): Promise<Answer> {
  const { clock } = options;
  const start = clock.now();
  for (let attempt = 0; ; attempt += 1) {
    if (signal?.aborted) throw aborted(request);
    const result = await tryOnce(options, request, signal);
    if ('status' in result && (result.status < 300 || (absent && isMissingObject(asText(result))))) return result;
    const failure = 'status' in result ? failureOfStatus(request, asText(result), options.peer) : result;
    const wait = Math.max(backoffMs(attempt), (failure.error.retryAfterMs ?? 0) * (1 + Math.random() / 4));
    const left = start + (failure.connecting ? CONNECT_BUDGET_MS : BUDGET_MS) - clock.now() - wait;
    if (!mayRepeat(request, failure) || attempt + 1 >= ATTEMPTS || left < 0) throw failure.error;
    await clock.sleep(wait, signal);
  }
}

async function tryOnce({ transport, credentials, peer }: ApiOptions, request: ApiRequest, signal: AbortSignal | undefined): Promise<Answer | Failure> {
  try {
    return await withCredential(credentials, signal, (credential) => transport.send(request, credential, signal));
  } catch (error) {
    if (signal?.aborted) throw aborted(request);
    return failureOfNetwork(request, error, peer);
  }
}

/** Sends again once after a 401 when the credential is one that is renewed: the server refuses before it acts. */
async function withCredential<T extends { readonly status: number }>(
  credentials: CredentialSource,
  signal: AbortSignal | undefined,
  exchange: (credential: Credential) => Promise<T>,
): Promise<T> {
  const credential = await unlessAborted(credentials.current(), signal);
  const first = await exchange(credential);
  if (first.status !== 401 || !credentials.renew(credential)) return first;
  return await exchange(await unlessAborted(credentials.current(), signal));
}

async function openChunks(
  options: ApiOptions,
  request: ApiRequest,
  open: { readonly signal: AbortSignal; readonly idleMs: number },
): Promise<AsyncIterable<Buffer>> {
  const { transport, credentials, peer } = options;
  const exchange = async (credential: Credential): Promise<OpenStream & ErrorAnswer> => {
    const stream = await transport.stream(request, credential, open);
    return { ...stream, body: stream.status < 300 ? '' : await readStart(stream.chunks) };
  };
  const answer = await withCredential(credentials, open.signal, exchange).catch((error: unknown) => {
    throw open.signal.aborted ? aborted(request) : failureOfNetwork(request, error, peer).error;
  });
  if (answer.status >= 300) throw failureOfStatus(request, answer, peer).error;
  return answer.chunks;
}

async function readStart(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

function asText(answer: Answer): ErrorAnswer {
  return { ...answer, body: answer.body.toString('utf8') };
}

function mayRepeat({ verb, repeatable }: ApiRequest, { error, untouched }: Failure): boolean {
  const reads = verb === 'get' || verb === 'list' || verb === 'watch' || repeatable === true;
  return error.retryable && error.code !== 'gone' && (reads || untouched);
}

function parseObject(request: ApiRequest, { body }: { readonly body: Buffer }, peer: Peer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // falls through to the one message for everything that is no JSON object
  }
  throw new ChangeoverError('unreachable', `the answer of ${peer.server} to ${request.verb} ${request.subject} is not a JSON object`, {
    target: request.target,
    hint: `Check that the address in ${peer.source} is an API server and not a login page.`,
  });
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  let stop = (): void => undefined;
  const fired = new Promise<never>((_resolve, reject) => {
    stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  return await Promise.race([promise, fired]).finally(() => signal.removeEventListener('abort', stop));
}

function aborted({ verb, subject, target }: ApiRequest): ChangeoverError {
  return new ChangeoverError('aborted', `stopped while waiting for ${verb} ${subject}`, { target });
}
