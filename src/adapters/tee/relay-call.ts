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
/** Node does not tell when trailers have left. */
const TRAILERS_MS = 100;

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
  let answered = false;
  opened.on('response', (answer, answerFlags, raw) => {
    const endStream = (answerFlags & NGHTTP2_FLAG_END_STREAM) !== 0;
    attempt(agent, () => agent.respond(outgoing(answer, raw), { endStream, waitForTrailers: !endStream }));
    if (endStream) answered = true;
    else pass(opened, agent, () => (answered = true));
  });
  agent.on('close', () => {
    if (!opened.closed) opened.close(agent.rstCode === NGHTTP2_NO_ERROR ? NGHTTP2_CANCEL : agent.rstCode);
  });
  opened.on('close', () => {
    if (agent.closed) return;
    if (answered) stopRequest(agent);
    else if (link.lost() === undefined) agent.close(opened.rstCode);
    else setImmediate(() => answerUnavailable(agent, link)); // its reason is told just after this
  });
}

function open({ agent, headers, rawHeaders, flags }: IncomingCall, link: BackendLink): ClientHttp2Stream | undefined {
  const endStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
  try {
    return link.request(outgoing(headers, rawHeaders), { endStream, waitForTrailers: !endStream });
  } catch {
    // The backend is going away in good order. The agent may repeat a refused call at once, on a new connection.
    if (link.lost() === undefined) agent.close(constants.NGHTTP2_REFUSED_STREAM);
    else answerUnavailable(agent, link);
    return undefined;
  }
}

function copyMessages(agent: ServerHttp2Stream, options: Parameters<typeof tapMessages>[0]): void {
  const tap = tapMessages(options);
  agent.on('data', (chunk: Buffer) => tap.push(chunk));
  agent.on('close', () => tap.end());
}

/**
 * Body and trailers of one direction. The pipe stops reading while the other side does not write: that is HTTP/2's own back-pressure.
 * Node ends a stream that was cut as it ends a whole one, so only a whole one ends the other side.
 */
function pass(from: Http2Stream, to: Http2Stream, whole?: () => void): void {
  let trailers: OutgoingHttpHeaders | undefined;
  from.on('trailers', (received: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => (trailers = outgoing(received, raw)));
  to.on('wantTrailers', () => attempt(to, () => to.sendTrailers(trailers ?? {})));
  from.on('end', () => {
    if (trailers === undefined && (from.aborted || from.rstCode !== NGHTTP2_NO_ERROR)) return;
    whole?.();
    to.end();
  });
  from.pipe(to, { end: false });
}

/** Once a whole answer has left, what the agent still sends is not wanted: it is told to stop, as the backend told us. At once would overtake the trailers. */
function stopRequest(agent: ServerHttp2Stream): void {
  if (agent.readableEnded) return;
  const stop = (): void => {
    if (!agent.closed) agent.close(NGHTTP2_NO_ERROR);
  };
  const afterTrailers = (): unknown => setTimeout(stop, TRAILERS_MS).unref();
  if (agent.writableFinished) afterTrailers();
  else agent.once('finish', afterTrailers);
}

/** What an agent's gRPC library makes of a backend that is not there: status UNAVAILABLE. */
function answerUnavailable(agent: ServerHttp2Stream, link: BackendLink): void {
  link.unavailable();
  const status = { 'grpc-status': UNAVAILABLE, 'grpc-message': encodeURIComponent(`the backend behind changeover tee ${link.lost()}`) };
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
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
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
