import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { bytesOf, protobufFields, stringOf } from '../../lab/stand-ins/protobuf-fields.ts';

/** A span as it came in over OTLP: ids in hex (`''` for a root), texts alone of the attributes, the names of its events. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly failed: boolean;
  readonly resource: Readonly<Record<string, string>>;
}

/** A Collector's place: what was posted to `url`, until `close`. */
export interface OtlpSink {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly close: () => void;
}

/** Listens on the loopback for OTLP over HTTP with protobuf, as the Java agent sends it. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (request.url === '/v1/traces') spans.push(...readSpans(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, spans, close };
}

/** opentelemetry/proto/collector/trace/v1/trace_service.proto, as far as the tests look. */
function readSpans(message: Buffer): readonly ReceivedSpan[] {
  return bytesOf(protobufFields(message), 1).flatMap((resourceSpans) => {
    const fields = protobufFields(resourceSpans);
    const resource = attributesOf(bytesOf(fields, 1)[0] ?? Buffer.alloc(0), 1);
    const spans = bytesOf(fields, 2).flatMap((scopeSpans) => bytesOf(protobufFields(scopeSpans), 2));
    return spans.map((span) => readSpan(span, resource));
  });
}

function readSpan(message: Buffer, resource: Readonly<Record<string, string>>): ReceivedSpan {
  const fields = protobufFields(message);
  const hex = (number: number) => bytesOf(fields, number)[0]?.toString('hex') ?? '';
  const status = protobufFields(bytesOf(fields, 15)[0] ?? Buffer.alloc(0));
  return {
    traceId: hex(1),
    spanId: hex(2),
    parentSpanId: hex(4),
    name: stringOf(fields, 5),
    attributes: attributesOf(message, 9),
    events: bytesOf(fields, 11).map((event) => stringOf(protobufFields(event), 2)),
    failed: status.some(({ number, value }) => number === 3 && value === 2n),
    resource,
  };
}

function attributesOf(message: Buffer, number: number): Readonly<Record<string, string>> {
  const pairs = bytesOf(protobufFields(message), number).map(protobufFields);
  return Object.fromEntries(pairs.map((pair) => [stringOf(pair, 1), stringOf(protobufFields(bytesOf(pair, 2)[0] ?? Buffer.alloc(0)), 1)]));
}
