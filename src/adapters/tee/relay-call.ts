import {
  constants,
  sensitiveHeaders,
  type ClientHttp2Stream,
  type Http2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { SegmentIntake, SegmentMessage } from '../../ports/tee.ts';
import { tapMessages } from './tap-messages.ts';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_FLAG_END_STREAM } = constants;
const UNAVAILABLE = '14';

/** Paths whose request messages are copied. Agents before 8.4 name the service without its package. */
const tapped: ReadonlyMap<string, SegmentMessage['kind']> = new Map([
  ['/skywalking.v3.TraceSegmentReportService/collect', 'segment'],
  ['/skywalking.v3.TraceSegmentReportService/collectInSync', 'collection'],
  ['/TraceSegmentReportService/collect', 'segment'],
  ['/TraceSegmentReportService/collectInSync', 'collection'],
]);

/** A call as it came in. */
export interface IncomingCall {
  readonly agent: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[];
  /** Frame flags of its HEADERS. */
  readonly flags: number;
}

/** How a call reaches the backend. */
export interface BackendLink {
  /** Opens the call there. Throws when the connection takes no more calls. */
  request(headers: OutgoingHttpHeaders, options: { readonly endStream: boolean; readonly waitForTrailers: boolean }): ClientHttp2Stream;
  /** Why the connection is gone; undefined while it is there. */
  lost(): string | undefined;
  /** A call was answered without the backend. */
  unavailable(): void;
}

/**
 * Passes one call through: headers, messages, trailers, resets and back-pressure, in both directions, as they come. Messages of segment reports are
 * copied on their way; the copy never waits and never fails the call.
 */
export function relayCall(call: IncomingCall, link: BackendLink, intake: SegmentIntake): void {
  const { agent, headers, flags } = call;
  agent.on('error', () => undefined); // told by `close`, with its code
  const opened = open(call, link);
  if (opened === undefined) return;
  opened.on('error', () => undefined);
  const kind = tapped.get(headers[':path'] ?? '');
  if (kind !== undefined) copyMessages(agent, { kind, encoding: headers['grpc-encoding'] as string | undefined, intake });
  if ((flags & NGHTTP2_FLAG_END_STREAM) === 0) pass(agent, opened);
  opened.on('headers', (more, _flags, raw) => attempt(agent, () => agent.additionalHeaders(outgoing(more, raw))));
  opened.on('response', (answer, answerFlags, raw) => {
    const endStream = (answerFlags & NGHTTP2_FLAG_END_STREAM) !== 0;
    attempt(agent, () => agent.respond(outgoing(answer, raw), { endStream, waitForTrailers: !endStream }));
    if (!endStream) pass(opened, agent);
  });
  agent.on('close', () => {
    if (!opened.readableEnded || !opened.writableFinished) opened.close(agent.rstCode === NGHTTP2_NO_ERROR ? NGHTTP2_CANCEL : agent.rstCode);
  });
  opened.on('close', () => finish(agent, opened, link));
}

function open({ agent, headers, rawHeaders, flags }: IncomingCall, link: BackendLink): ClientHttp2Stream | undefined {
  const endStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
  try {
    return link.request(outgoing(headers, rawHeaders), { endStream, waitForTrailers: !endStream });
  } catch {
    // The backend is going away in good order. The agent may repeat a refused call at once, on a new connection.
    const lost = link.lost();
    if (lost === undefined) agent.close(constants.NGHTTP2_REFUSED_STREAM);
    else answerUnavailable(agent, lost, link);
    return undefined;
  }
}

function copyMessages(agent: ServerHttp2Stream, options: Parameters<typeof tapMessages>[0]): void {
  const tap = tapMessages(options);
  agent.on('data', (chunk: Buffer) => tap.push(chunk));
  agent.on('close', () => tap.end());
}

/** Body and trailers of one direction. The pipe stops reading while the other side does not write: that is HTTP/2's own back-pressure. */
function pass(from: Http2Stream, to: Http2Stream): void {
  let trailers: OutgoingHttpHeaders = {};
  from.on('trailers', (received: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => (trailers = outgoing(received, raw)));
  to.on('wantTrailers', () => attempt(to, () => to.sendTrailers(trailers)));
  from.pipe(to);
}

/** The backend's side of the call is over; the agent's side ends in the same way. */
function finish(agent: ServerHttp2Stream, backend: ClientHttp2Stream, link: BackendLink): void {
  if (agent.closed) return;
  const lost = link.lost();
  if (lost !== undefined && !backend.readableEnded) answerUnavailable(agent, lost, link);
  else if (backend.rstCode !== NGHTTP2_NO_ERROR && !backend.readableEnded) agent.close(backend.rstCode);
  // Answered before the request was whole: once the answer has left, the agent is told to stop, as the backend told us.
  else if (agent.writableFinished) stopRequest(agent);
  else agent.once('finish', () => stopRequest(agent));
}

function stopRequest(agent: ServerHttp2Stream): void {
  setImmediate(() => {
    if (!agent.closed && !agent.readableEnded) agent.close(NGHTTP2_NO_ERROR);
  });
}

/** What an agent's gRPC library makes of a backend that is not there: status UNAVAILABLE. */
function answerUnavailable(agent: ServerHttp2Stream, problem: string, link: BackendLink): void {
  link.unavailable();
  const status = { 'grpc-status': UNAVAILABLE, 'grpc-message': encodeURIComponent(`the backend behind changeover tee ${problem}`) };
  attempt(agent, () => {
    if (!agent.headersSent) agent.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true });
    else {
      agent.removeAllListeners('wantTrailers');
      agent.on('wantTrailers', () => attempt(agent, () => agent.sendTrailers(status)));
      agent.end();
    }
    agent.resume();
    stopRequest(agent);
  });
}

/** Headers as they came: in their order, values given several times one by one, those marked as sensitive still so. */
function outgoing(headers: IncomingHttpHeaders, raw: readonly string[]): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = { [sensitiveHeaders]: headers[sensitiveHeaders as unknown as string] ?? [] };
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    const before = sent[name];
    sent[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  return sent;
}

/** A stream may be gone at any moment; headers that Node cannot send end the call. */
function attempt(stream: Http2Stream, act: () => void): void {
  if (stream.destroyed || stream.closed) return;
  try {
    act();
  } catch {
    stream.close(NGHTTP2_INTERNAL_ERROR);
  }
}
