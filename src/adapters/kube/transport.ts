import { getCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher, Pool } from 'undici';
import { ChangeoverError } from '../../core/error.ts';
import type { ApiRequest, Verb } from './api-request.ts';
import type { Connection } from './connection.ts';
import type { Credential } from './credentials.ts';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly retryAfterMs: number | undefined;
  /** The server's clock, from its `Date` header. */
  readonly dateMs?: number | undefined;
}

export interface OpenStream {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly chunks: AsyncIterable<Buffer>;
}

/** One HTTP exchange at a time, no retries: bytes out, bytes in. Throws what undici and Node throw. */
export interface Transport {
  send(request: ApiRequest, credential: Credential, signal: AbortSignal | undefined): Promise<Answer>;
  /** An answer that is read as it comes: its length is not bounded, but a pause of `idleMs` breaks it. */
  stream(request: ApiRequest, credential: Credential, options: { readonly signal: AbortSignal; readonly idleMs: number }): Promise<OpenStream>;
  /** Breaks what is under way. */
  close(): Promise<void>;
}

const METHODS: Readonly<Record<Verb, Dispatcher.HttpMethod>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};
const MAX_BODY = 16 * 1024 * 1024;
const CONNECT_MS = 10_000;
const REQUEST_MS = 30_000;
/** A list page may have 64 MiB to carry over a slow line. */
const LIST_MS = 120_000;
const CONNECTIONS = 10;
/** Few large pieces: with the default of 16 KiB the pieces of a page cost more than unzipping it. */
const UNZIP_CHUNK = 1024 * 1024;

const unzip = promisify(gunzip);

/**
 * Connections to one API server: HTTP/1.1 (measured as fast as HTTP/2 here, and a stalled connection holds up one request
 * and not all of them), ten for requests and one for each watch. A renewed client certificate opens new ones.
 */
export async function openTransport(connection: Connection, proxy: string | undefined): Promise<Transport> {
  const { Pool, ProxyAgent } = await import('undici');
  const { origin, pathname } = new URL(connection.server);
  const prefix = pathname.replace(/\/$/, '');
  const openPool = (tls: object, connections: number | null): Dispatcher => {
    const settings: Pool.Options = { connections, allowH2: false, keepAliveTimeout: 30_000 };
    if (proxy === undefined) return new Pool(origin, { ...settings, connect: { ...tls, timeout: CONNECT_MS } });
    return new ProxyAgent({ ...settings, uri: proxy, requestTls: { ...tls, timeout: CONNECT_MS }, proxyTls: { timeout: CONNECT_MS } });
  };
  let pools: Pools | undefined;
  let closed = false;
  const poolsFor = ({ certificate }: Credential): Pools => {
    if (closed) throw new ChangeoverError('aborted', 'the connection to the cluster was closed');
    if (pools && pools.cert === certificate?.cert) return pools;
    void pools?.requests.close();
    void pools?.watches.close();
    const tls = { ...tlsOptions(connection), ...certificate };
    pools = { cert: certificate?.cert, requests: openPool(tls, CONNECTIONS), watches: openPool(tls, null) };
    return pools;
  };
  const options = (request: ApiRequest, credential: Credential): Dispatcher.RequestOptions => ({
    origin,
    path: prefix + request.path,
    method: METHODS[request.verb],
    headers: headersOf(request, credential, connection.compress),
    body: request.body ?? null,
    headersTimeout: REQUEST_MS,
  });
  return {
    send: async (request, credential, signal) => {
      const limit = AbortSignal.timeout(request.verb === 'list' ? LIST_MS : REQUEST_MS);
      const response = await poolsFor(credential).requests.request({
        ...options(request, credential),
        bodyTimeout: REQUEST_MS,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const { statusCode: status, headers } = response;
      return { status, body: await readBody(request, response), retryAfterMs: retryAfterMs(headers['retry-after']), dateMs: dateMs(headers['date']) };
    },
    stream: async (request, credential, { signal, idleMs }) => {
      const {
        statusCode: status,
        headers,
        body,
      } = await poolsFor(credential).watches.request({ ...options(request, credential), bodyTimeout: idleMs, signal });
      return { status, retryAfterMs: retryAfterMs(headers['retry-after']), chunks: body };
    },
    close: async () => {
      closed = true;
      await Promise.all([pools?.requests.destroy(), pools?.watches.destroy()]);
    },
  };
}

interface Pools {
  readonly cert: string | undefined;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

/** Without a CA of its own, a server is trusted by Node's roots and the machine's. */
function tlsOptions({ ca, insecure, serverName }: Connection): object {
  const roots = ca ?? (insecure ? undefined : [...getCACertificates('default'), ...getCACertificates('system')]);
  return { ...(roots === undefined ? {} : { ca: roots }), rejectUnauthorized: !insecure, ...(serverName === undefined ? {} : { servername: serverName }) };
}

function headersOf(request: ApiRequest, credential: Credential, compress: boolean): Record<string, string | string[]> {
  return {
    accept: 'application/json, */*;q=0.5',
    'user-agent': 'changeover',
    ...(compress && request.verb === 'list' ? { 'accept-encoding': 'gzip' } : {}),
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    ...credential.headers,
  };
}

/** The whole body, unzipped; `too-large` past its bound, or cut there when the request says so. */
async function readBody(request: ApiRequest, { headers, body }: Dispatcher.ResponseData): Promise<Buffer> {
  const { maxBytes = MAX_BODY, cut = false } = request;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes && cut) break;
    if (size > maxBytes) throw tooLarge(request, maxBytes);
  }
  const bytes = Buffer.concat(chunks, cut ? Math.min(size, maxBytes) : size);
  if (headers['content-encoding'] !== 'gzip') return bytes;
  try {
    return await unzip(bytes, { maxOutputLength: maxBytes, chunkSize: UNZIP_CHUNK });
  } catch (error) {
    throw error instanceof RangeError ? tooLarge(request, maxBytes) : error;
  }
}

function tooLarge({ verb, subject, target }: ApiRequest, maxBytes: number): ChangeoverError {
  return new ChangeoverError('too-large', `the answer to ${verb} ${subject} is larger than ${maxBytes} bytes`, { target });
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3); API servers send seconds. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return header === undefined || Number.isNaN(seconds) ? undefined : seconds * 1000;
}

function dateMs(header: string | string[] | undefined): number | undefined {
  const ms = typeof header === 'string' ? Date.parse(header) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
