import { EventEmitter, once } from 'node:events';
import { connect, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCounts, createOap } from './oap.ts';
import { createSegmentStore } from './segment-store.ts';

const store = createSegmentStore();
const sessions = new Set<Http2Session>();
const oap = createOap(store, sessions);
const counts = createCounts(store, sessions);

beforeEach(async () => {
  await Promise.all([oap, counts].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
});

afterEach(() => {
  oap.close();
  counts.close();
});

it('answers an agent with an empty message and status 0, and counts its segments however the stream is cut', async () => {
  const ref = message([2, 'trace-1'], [3, 'segment-0'], [5, 'gateway'], [8, '10.0.0.1:8080']);
  const segment = message([1, 'trace-1'], [2, 'segment-1'], [3, message([6, 'GET:/'], [5, ref])], [4, 'orders'], [5, 'orders@1']);
  const stream = Buffer.concat([frame(segment), frame(segment)]);

  const answer = await call('/skywalking.v3.TraceSegmentReportService/collect', [stream.subarray(0, 7), stream.subarray(7)]);
  const services = await fetch(`http://127.0.0.1:${portOf(counts)}/services`).then(async (response) => await response.json());
  const segments = await fetch(`http://127.0.0.1:${portOf(counts)}/segments?trace=trace-1`).then(async (response) => await response.text());

  expect(answer).toEqual({ body: '\0\0\0\0\0', status: '0' });
  expect(services).toEqual({ orders: { segments: 2, refs: 2 } });
  expect(JSON.parse(segments)[0]).toEqual({
    traceId: 'trace-1',
    segmentId: 'segment-1',
    service: 'orders',
    instance: 'orders@1',
    operations: ['GET:/'],
    refs: [{ traceId: 'trace-1', parentSegmentId: 'segment-0', parentService: 'gateway', address: '10.0.0.1:8080' }],
  });
});

it('outlives an agent that is killed in the middle of a call', () => {
  const respond = (): never => {
    throw new Error('the stream has been destroyed');
  };
  const stream = Object.assign(new EventEmitter(), { destroyed: true, respond });
  oap.emit('stream', stream, { ':path': '/skywalking.v3.ManagementService/keepAlive' });

  expect(() => stream.emit('end')).not.toThrow();
});

it('ends the connections of all agents when told to, as a restart of the backend does', async () => {
  const session = connect(`http://127.0.0.1:${portOf(oap)}`);
  await once(session, 'connect');
  await new Promise((resolve) => session.ping(resolve));

  const answer = await fetch(`http://127.0.0.1:${portOf(counts)}/disconnect`, { method: 'POST' }).then(async (response) => await response.json());
  await once(session, 'close');

  expect(answer).toEqual({ closed: 1 });
});

async function call(path: string, chunks: readonly Buffer[]): Promise<{ readonly body: string; readonly status: unknown }> {
  const session = connect(`http://127.0.0.1:${portOf(oap)}`);
  const request = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
  const trailers = once(request, 'trailers');
  for (const chunk of chunks) request.write(chunk);
  request.end();
  const body = await text(request);
  const [received] = (await trailers) as [Record<string, unknown>];
  session.close();
  return { body, status: received['grpc-status'] };
}

/** A protobuf message of fields with a length; each is shorter than 128 bytes. */
function message(...fields: readonly (readonly [number, string | Buffer])[]): Buffer {
  return Buffer.concat(fields.map(([number, value]) => Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(value)]), Buffer.from(value)])));
}

function frame(content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
