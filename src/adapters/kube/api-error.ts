import { ChangeoverError } from '../../core/error.ts';
import { redact } from '../../core/redact.ts';
import type { ApiRequest } from './api-request.ts';
import { statusSchema, type Status } from './schema.ts';

/** Why a call failed, and whether the server surely did nothing (so that even a write may be sent again). */
export interface Failure {
  readonly error: ChangeoverError;
  readonly untouched: boolean;
  /** No connection came about: waiting long will rarely help. */
  readonly connecting?: boolean;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: string;
  /** `Retry-After` in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Where the connection goes and where its settings stand, for messages. */
export interface Peer {
  readonly server: string;
  readonly source: string;
}

/** `message` of every failed JSON Patch operation: the server keeps which one to itself. */
const PATCH_FAILED = 'the server rejected our request due to an error in our request';
const MAX_MESSAGE = 1000;

/** The failure an answer with an error status means (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
export function failureOfStatus(request: ApiRequest, answer: ErrorAnswer, peer: Peer): Failure {
  return { error: errorOfStatus(request, answer, peer), untouched: answer.status >= 400 && answer.status < 500 };
}

/** The failure a broken connection, a missing answer or an unreadable one means. `reason` is what undici, Node or a parser threw. */
export function failureOfNetwork(request: ApiRequest, reason: unknown, peer: Peer): Failure {
  if (reason instanceof ChangeoverError) return { error: reason, untouched: true };
  const { code, message, connecting } = rootOf(reason);
  if (CLOSED.has(code))
    return { error: new ChangeoverError('aborted', 'the connection to the cluster was closed', { target: request.target }), untouched: true };
  const details = { target: request.target, cause: reason };
  if (TLS.test(code)) {
    const hint = `Check certificate-authority, tls-server-name and the client certificate in ${peer.source}.`;
    return {
      error: new ChangeoverError('unreachable', `no trusted connection to ${peer.server}: ${message} (${code})`, { ...details, hint }),
      untouched: true,
    };
  }
  const hint = connecting ? `Check that the API server runs and that its address in ${peer.source} is right (VPN, proxy).` : undefined;
  const what = connecting
    ? `cannot connect to ${peer.server}`
    : `the connection to ${peer.server} broke before the answer to ${request.verb} ${request.subject} was complete`;
  const error = new ChangeoverError('unreachable', `${what}: ${message}`, { ...details, retryable: true, ...(hint === undefined ? {} : { hint }) });
  return { error, untouched: connecting, connecting };
}

/** Whether a 404 speaks of the object, and not of a kind that the server does not know. */
export function isMissingObject(answer: ErrorAnswer): boolean {
  return answer.status === 404 && readStatus(answer.body)?.details?.name !== undefined;
}

/** `Cluster.close()` was called. */
const CLOSED = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);
const TLS = /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|EPROTO|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

function errorOfStatus(request: ApiRequest, answer: ErrorAnswer, peer: Peer): ChangeoverError {
  const status = readStatus(answer.body);
  const said = messageOf(status, answer);
  const { target } = request;
  switch (answer.status) {
    case 401: {
      const hint = `Log in again, or check the user in ${peer.source}.`;
      return new ChangeoverError('denied', `the server does not accept our credentials (${request.verb} ${request.subject}): ${said}`, { target, hint });
    }
    case 403:
      return forbidden(request, said, peer);
    case 404:
      return new ChangeoverError('not-found', said, { target });
    case 409:
      return new ChangeoverError('conflict', said, { target });
    case 410:
      return new ChangeoverError('gone', said, { target, retryable: true });
    case 429: {
      const retryAfterMs = answer.retryAfterMs ?? (status?.details?.retryAfterSeconds ?? 1) * 1000;
      return new ChangeoverError('rate-limited', `the server is too busy: ${said}`, { target, retryable: true, retryAfterMs, hint: 'Try again later.' });
    }
    default:
      if (status && isFailedPatch(status)) {
        return new ChangeoverError('precondition', 'the object is not as the patch expected', {
          target,
          hint: 'Somebody changed it in between: read it again.',
        });
      }
      return answer.status >= 400 && answer.status < 500 ? new ChangeoverError('refused', said, { target }) : serverFailed(request, { ...answer, said }, peer);
  }
}

/** RBAC says `User "x" cannot …`; other 403 come from admission (quota, PodSecurity, webhooks, a namespace that ends). */
function forbidden(request: ApiRequest, said: string, peer: Peer): ChangeoverError {
  if (!/^forbidden: |\bcannot \S+ (?:resource|path) /.test(said)) return new ChangeoverError('refused', said, { target: request.target });
  return new ChangeoverError('denied', `not allowed to ${request.verb} ${request.subject}: ${said}`, {
    target: request.target,
    hint: said.includes('"system:anonymous"')
      ? `The server does not know us: check the user in ${peer.source}.`
      : 'Ask for the right, or print what is needed with `changeover doctor --rbac`.',
  });
}

function serverFailed(request: ApiRequest, answer: ErrorAnswer & { readonly said: string }, peer: Peer): ChangeoverError {
  const { target } = request;
  if (answer.status < 400) {
    const message = `${peer.server} answered ${request.verb} ${request.subject} with HTTP ${answer.status}, which no API server does`;
    return new ChangeoverError('unreachable', message, { target, hint: `Check the address in ${peer.source}.` });
  }
  const retryAfter = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
  return new ChangeoverError('unreachable', `${peer.server} failed to ${request.verb} ${request.subject}: ${answer.said}`, {
    target,
    retryable: true,
    ...retryAfter,
  });
}

function isFailedPatch({ code, message, details }: Status): boolean {
  return code === 422 && message.startsWith(PATCH_FAILED) && details?.name === undefined && details?.causes === undefined;
}

function readStatus(body: string): Status | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** The server's words without the whole objects it may quote, bounded, secrets masked. */
function messageOf(status: Status | undefined, answer: ErrorAnswer): string {
  const text = status?.message || (answer.body.startsWith('<') ? '' : answer.body.trim()) || 'no reason given';
  const short = text.replaceAll(/Invalid value: "\{(?:[^"\\]|\\.)*"/g, 'Invalid value: {…}');
  return `${redact(short.length > MAX_MESSAGE ? `${short.slice(0, MAX_MESSAGE)}…` : short)} (HTTP ${answer.status})`;
}

/** The innermost cause with a code: undici wraps Node's errors, and Node bundles those of several addresses. */
function rootOf(reason: unknown): { readonly code: string; readonly message: string; readonly connecting: boolean } {
  let current: unknown = reason;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const inner: unknown = current instanceof AggregateError ? current.errors[0] : current.cause;
    if (!(inner instanceof Error)) break;
    current = inner;
  }
  if (!(current instanceof Error)) return { code: '', message: String(current), connecting: false };
  if (current.name === 'TimeoutError') return { code: '', message: 'it took too long', connecting: false };
  const { code = '', syscall = '', message, name } = current as NodeJS.ErrnoException;
  return { code, message: message || code || name, connecting: syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT' };
}
