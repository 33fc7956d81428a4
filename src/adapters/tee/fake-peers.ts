import { once } from 'node:events';
import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { SegmentIntake, SegmentMessage } from '../../ports/tee.ts';

/** A backend for tests: what to do with each call, and the calls it got. */
export interface FakeBackend {
  readonly port: number;
  readonly server: Http2Server;
  readonly calls: { readonly headers: IncomingHttpHeaders; readonly raw: readonly string[] }[];
  readonly sessions: Set<ServerHttp2Session>;
  /** Dies: its connections are cut without a word. */
  die(): void;
  close(): Promise<void>;
}

export type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Starts a backend on 127.0.0.1. */
export async function startBackend(
  answer: Answer,
  options: { readonly port?: number; readonly tls?: { readonly cert: string; readonly key: string } } = {},
): Promise<FakeBackend> {
  const server = options.tls ? createSecureServer(options.tls) : createServer();
  const calls: FakeBackend['calls'] = [];
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => {
    stream.on('error', () => undefined);
    calls.push({ headers, raw });
    answer(stream, headers);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const session of sessions) session.destroy();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, server, calls, sessions, die: () => sockets.forEach((socket) => socket.destroy()), close };
}

/** An answer as gRPC servers give it, once the request is whole: the request's bytes back, then the trailers. */
export function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-backend': 'yes' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
  stream.pipe(stream);
}

/** What a call came back with. */
export interface Outcome {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly rstCode: number;
}

/** An agent's connection. */
export function openAgent(address: string, options: { readonly ca?: string } = {}): ClientHttp2Session {
  const session = connect(`${options.ca === undefined ? 'http' : 'https'}://${address}`, options);
  session.on('error', () => undefined);
  return session;
}

/** Starts a call of a gRPC method, to be written to. */
export function startCall(session: ClientHttp2Session, path: string, headers: IncomingHttpHeaders = {}): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers });
  stream.on('error', () => undefined);
  return stream;
}

/** How a started call ends. */
export async function outcomeOf(stream: ClientHttp2Stream): Promise<Outcome> {
  let headers: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  stream.on('response', (received) => (headers = received));
  stream.on('trailers', (received) => (trailers = received));
  const body = await buffer(stream).catch(() => Buffer.alloc(0));
  if (!stream.closed) await once(stream, 'close');
  return { headers, body, trailers, rstCode: stream.rstCode };
}

/** An intake that keeps everything. */
export function keepAll(): SegmentIntake & { readonly messages: SegmentMessage[]; readonly lost: string[]; readonly held: () => number } {
  const messages: SegmentMessage[] = [];
  const lost: string[] = [];
  let held = 0;
  return {
    messages,
    lost,
    held: () => held,
    reserve: (bytes) => {
      held += bytes;
      return true;
    },
    release: (bytes) => {
      held -= bytes;
    },
    add: (message) => {
      held -= message.bytes.length;
      messages.push(message);
    },
    lose: (reason) => void lost.push(reason),
  };
}
