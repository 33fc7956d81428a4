import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { SinkSettings, SpanSink } from '../../ports/tee.ts';
import { openOtlpSink } from './otlp-sink.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('the collector', () => {
  it('gets spans as JSON at /v1/traces, with the headers asked for', async () => {
    let got: { request: IncomingMessage; body: string } | undefined;
    const { send } = await setUp(
      async (request, response) => {
        got = { request, body: await text(request) };
        response.end('{}');
      },
      { headers: { authorization: 'Bearer x' } },
    );

    const result = await send('{"resourceSpans":[]}');

    expect(result).toEqual({ kind: 'accepted', rejectedSpans: 0 });
    expect(got?.body).toBe('{"resourceSpans":[]}');
    expect(got?.request.url).toBe('/v1/traces');
    expect(got?.request.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer x' });
  });

  it('is asked at the path given', async () => {
    let url: string | undefined;
    const { send } = await setUp(
      (request, response) => {
        ({ url } = request);
        response.end();
      },
      undefined,
      '/tenant/v1/traces',
    );

    await send('{}');

    expect(url).toBe('/tenant/v1/traces');
  });

  it.each([
    ['a text', '{"partialSuccess":{"rejectedSpans":"7"}}', 7],
    ['a number', '{"partialSuccess":{"rejectedSpans":7}}', 7],
    ['nothing', '{"partialSuccess":{}}', 0],
    ['no object', '{"partialSuccess":null}', 0],
    ['nonsense', '{"partialSuccess":{"rejectedSpans":"-7"}}', 0],
    ['no JSON', '<html>', 0],
    ['more than we read', `{"x":"${'x'.repeat(200_000)}"}`, 0],
  ])('says how many spans it threw away as %s', async (_, body, rejectedSpans) => {
    const { send } = await setUp((_request, response) => response.end(body));

    expect(await send('{}')).toEqual({ kind: 'accepted', rejectedSpans });
  });

  it.each([429, 502, 503, 504])('is asked again after %i', async (status) => {
    const { send } = await setUp((_request, response) => response.writeHead(status, { 'retry-after': '3' }).end());

    expect(await send('{}')).toEqual({ kind: 'retry', problem: `answers ${status}`, retryAfterMs: 3_000 });
  });

  it('may name a date to wait for, which is left out', async () => {
    const { send } = await setUp((_request, response) => response.writeHead(503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }).end());

    expect(await send('{}')).toEqual({ kind: 'retry', problem: 'answers 503' });
  });

  it.each([301, 400, 401, 404, 413, 500])('is not asked again after %i', async (status) => {
    const { send } = await setUp((_request, response) => response.writeHead(status, { location: '/' }).end());

    expect(await send('{}')).toEqual({ kind: 'refused', problem: `answers ${status}` });
  });

  it('may be away', async () => {
    const { send, server } = await setUp((_request, response) => response.end());
    server.close();
    await once(server, 'close');

    expect(await send('{}')).toEqual({ kind: 'retry', problem: 'ECONNREFUSED' });
  });

  it('is not waited for any more when the signal fires', async () => {
    const { sink } = await setUp(() => undefined);
    const controller = new AbortController();
    const sending = sink.send(Buffer.from('{}'), controller.signal);
    setTimeout(() => controller.abort(), 20);

    expect(await sending).toMatchObject({ kind: 'retry' });
  });

  it('cannot be trusted by a CA that is none', () => {
    expect(() => openOtlpSink({ url: 'https://a', headers: {}, ca: '-----BEGIN x' })).toThrow(expect.objectContaining({ code: 'invalid-file' }));
  });
});

interface SetUp {
  readonly sink: SpanSink;
  readonly server: Server;
  readonly send: (body: string) => ReturnType<SpanSink['send']>;
}

async function setUp(answer: (...call: Parameters<RequestListener>) => unknown, settings: Partial<SinkSettings> = {}, path = ''): Promise<SetUp> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sink = openOtlpSink({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, headers: {}, ...settings });
  closers.push(
    () => sink.close(),
    async () => {
      server.closeAllConnections();
      server.close();
    },
  );
  return { sink, server, send: (body) => sink.send(Buffer.from(body), AbortSignal.timeout(5_000)) };
}
