import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { SegmentStore } from './segment-store.ts';

/** A gRPC message of zero bytes: every answer an agent waits for (`Commands`) may be empty. */
const emptyMessage = Buffer.alloc(5);

/**
 * SkyWalking's backend as the agents see it (gRPC over plain HTTP/2): every call is answered with an empty message, and the segments of
 * TraceSegmentReportService are kept. Without a backend that answers, an agent ignores its spans and sends an empty `sw8`.
 */
export function createOap(store: SegmentStore, sessions: Set<Http2Session> = new Set()): Http2Server {
  const server = createHttp2Server();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => answer(stream, String(headers[':path']), store));
  server.on('sessionError', () => undefined);
  return server;
}

/**
 * What the stand-in saw, as JSON: `GET /services` counts per service, `GET /segments[?trace=ID]` the newest segments. `POST /disconnect`
 * ends every agent's connection, as a restart of the backend does: the agents connect again, to wherever its Service leads by then.
 */
export function createCounts(store: SegmentStore, sessions: ReadonlySet<Http2Session> = new Set()): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST' && url.pathname === '/disconnect') {
      const closing = [...sessions];
      for (const session of closing) session.close();
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ closed: closing.length }));
    }
    const found =
      url.pathname === '/services' ? store.counts() : url.pathname === '/segments' ? store.segments(url.searchParams.get('trace') ?? undefined) : undefined;
    return response
      .writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(found ?? { error: 'ask for /services or /segments, or POST /disconnect' }));
  });
}

function answer(stream: ServerHttp2Stream, path: string, store: SegmentStore): void {
  const takesSegments = path.endsWith('TraceSegmentReportService/collect') || path.endsWith('TraceSegmentReportService/collectInSync');
  let pending = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    if (!takesSegments) return;
    pending = Buffer.concat([pending, chunk]);
    pending = takeMessages(pending, (message) => store.add(message));
  });
  stream.on('error', () => undefined);
  stream.on('end', () => {
    // An agent that is killed takes its connection along, at any moment.
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      if (!stream.destroyed) stream.sendTrailers({ 'grpc-status': '0' });
    });
    stream.end(emptyMessage);
  });
}

/** Hands over every whole message of a gRPC stream (1 byte flags, 4 bytes length, message) and returns the rest. */
function takeMessages(bytes: Buffer<ArrayBuffer>, take: (message: Buffer) => void): Buffer<ArrayBuffer> {
  let rest = bytes;
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
    const end = 5 + rest.readUInt32BE(1);
    take(rest.subarray(5, end));
    rest = rest.subarray(end);
  }
  return rest;
}
