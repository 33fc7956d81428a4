import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, type ClientHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { grpcFrame } from '../../../test/builders/segment.ts';
import type { Relay, RelaySettings } from '../../ports/tee.ts';
import { echo, keepAll, openAgent, outcomeOf, startBackend, startCall, type Answer, type FakeBackend } from './fake-peers.ts';
import { openRelay } from './open-relay.ts';

const COLLECT = '/skywalking.v3.TraceSegmentReportService/collect';
const OTHER = '/skywalking.v3.JVMMetricReportService/collect';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('a call through the relay', () => {
  it('arrives with its headers, bytes and trailers as they were', async () => {
    const { agent, backend } = await setUp(echo);
    const body = grpcFrame(Buffer.from('any message'));
    const call = startCall(agent, OTHER, { 'x-many': ['a', 'b'] as unknown as string, authentication: 'token', 'grpc-timeout': '5S', 'meta-bin': 'AAE' });
    call.end(body);

    const outcome = await outcomeOf(call);

    expect(outcome.body).toEqual(body);
    expect(outcome.headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'x-backend': 'yes' });
    expect(outcome.trailers).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' });
    expect(outcome.rstCode).toBe(0);
    expect(backend.calls[0]?.headers).toMatchObject({ ':path': OTHER, authentication: 'token', 'grpc-timeout': '5S', te: 'trailers', 'meta-bin': 'AAE' });
    expect(pairs(backend.calls[0]?.raw ?? []).filter(([name]) => name === 'x-many')).toEqual([
      ['x-many', 'a'],
      ['x-many', 'b'],
    ]);
  });

  it('streams in both directions while both are open', async () => {
    const { agent } = await setUp(echo);
    const call = startCall(agent, OTHER);
    const outcome = outcomeOf(call);

    call.write('one');
    const [first] = (await once(call, 'data')) as [Buffer];
    call.end('two');

    expect(first.toString()).toBe('one');
    expect((await outcome).body.toString()).toBe('onetwo');
  });

  it('carries large messages byte by byte', async () => {
    const { agent } = await setUp(echo);
    const body = Buffer.alloc(5 * 1024 * 1024, 'large message ');
    const call = startCall(agent, OTHER);
    call.end(body);

    const outcome = await outcomeOf(call);

    expect(outcome.body.equals(body)).toBe(true);
  });

  it('may be answered by trailers alone', async () => {
    const { agent } = await setUp((stream) => stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true }));
    const call = startCall(agent, OTHER);
    call.end();

    expect(await outcomeOf(call)).toMatchObject({ headers: { 'grpc-status': '12' }, rstCode: 0 });
  });

  it('may be answered before the request is whole: the agent gets the answer and is told to stop', async () => {
    const { agent } = await setUp((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'grpc-status': '8' });
        setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
      });
      stream.end('early');
    });
    const call = startCall(agent, OTHER);
    call.write('half a request');

    const outcome = await outcomeOf(call);

    expect(outcome).toMatchObject({ trailers: { 'grpc-status': '8' }, rstCode: 0 });
    expect(outcome.body.toString()).toBe('early');
  });

  it.each([
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['ENHANCE_YOUR_CALM', constants.NGHTTP2_ENHANCE_YOUR_CALM],
  ])('is reset by the agent with %s there too', async (_, code) => {
    const arrived = Promise.withResolvers<ServerHttp2Stream>();
    const { agent } = await setUp((stream) => arrived.resolve(stream));
    const call = startCall(agent, COLLECT);
    call.write(Buffer.from([0, 0, 0]));
    const there = await arrived.promise;

    call.close(code);
    await new Promise((resolve) => there.once('close', resolve));

    expect(there.rstCode).toBe(code);
  });

  it('is cancelled there when the agent vanishes', async () => {
    const arrived = Promise.withResolvers<ServerHttp2Stream>();
    const { agent, relay } = await setUp((stream) => arrived.resolve(stream));
    startCall(agent, COLLECT).write('x');
    const there = await arrived.promise;

    agent.destroy();
    await new Promise((resolve) => there.once('close', resolve));

    expect(there.rstCode).not.toBe(0);
    await until(() => relay.status().connections === 0);
  });

  it('is reset by the backend here too', async () => {
    const { agent } = await setUp((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const call = startCall(agent, OTHER);
    call.write('x');

    expect(await outcomeOf(call)).toMatchObject({ headers: undefined, rstCode: constants.NGHTTP2_REFUSED_STREAM });
  });

  it('is reset in the middle of an answer here too', async () => {
    const { agent } = await setUp((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.write('half an answer', () => setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 20));
    });
    const call = startCall(agent, OTHER);
    call.write('x');

    expect(await outcomeOf(call)).toMatchObject({ trailers: undefined, rstCode: constants.NGHTTP2_INTERNAL_ERROR });
  });

  it('is held back by a backend that does not read, and goes on when it does', async () => {
    const arrived = Promise.withResolvers<ServerHttp2Stream>();
    const { agent } = await setUp((stream) => arrived.resolve(stream));
    const call = startCall(agent, OTHER);
    const body = Buffer.alloc(4 * 1024 * 1024, 1);
    const written = new Promise<void>((resolve) => call.write(body, () => resolve()));
    const there = await arrived.promise;
    const early = await Promise.race([written.then(() => 'all taken'), wait(200).then(() => 'held back')]);

    echo(there);
    call.end();
    const outcome = await outcomeOf(call);

    expect(early).toBe('held back');
    expect(outcome.body.equals(body)).toBe(true);
  });

  it('is held back by an agent that does not read', async () => {
    const sent = { bytes: 0 };
    const { agent } = await setUp((stream) => {
      stream.respond({ ':status': 200 });
      const more = (): void => {
        while (sent.bytes < 8 * 1024 * 1024) {
          sent.bytes += 65_536;
          if (!stream.write(Buffer.alloc(65_536))) return void stream.once('drain', more);
        }
        stream.end();
      };
      more();
    });
    const call = startCall(agent, OTHER);
    call.pause();
    await wait(200);
    const early = sent.bytes;

    call.end();
    const outcome = await outcomeOf(call);

    expect(early).toBeLessThan(1024 * 1024);
    expect(outcome.body).toHaveLength(8 * 1024 * 1024);
  });

  it('finds its way over TLS on both sides', async () => {
    const tls = certificate();
    const { agent } = await setUp(echo, { backendTls: tls, listenTls: tls });
    const call = startCall(agent, OTHER);
    call.end('secret');

    expect((await outcomeOf(call)).body.toString()).toBe('secret');
  });
});

describe('reports of segments', () => {
  it('are copied, message by message, however the stream is cut', async () => {
    const { agent, backend, intake } = await setUp(echo);
    const messages = ['one', 'two', '', 'a longer message'].map((text) => Buffer.from(text));
    const stream = Buffer.concat(messages.map((message) => grpcFrame(message)));
    const call = startCall(agent, COLLECT);
    for (const byte of stream) {
      call.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    call.end();

    const outcome = await outcomeOf(call);

    expect(intake.messages).toEqual(messages.map((bytes) => ({ kind: 'segment', bytes })));
    expect(intake.held()).toBe(0);
    expect(outcome.body.equals(stream)).toBe(true);
    expect(backend.calls).toHaveLength(1);
  });

  it.each([
    ['/skywalking.v3.TraceSegmentReportService/collectInSync', 'collection'],
    ['/TraceSegmentReportService/collect', 'segment'],
    ['/TraceSegmentReportService/collectInSync', 'collection'],
  ])('of %s are copied as a %s', async (path, kind) => {
    const { agent, intake } = await setUp(echo);
    const call = startCall(agent, path);
    call.end(grpcFrame(Buffer.from('x')));
    await outcomeOf(call);

    expect(intake.messages).toEqual([{ kind, bytes: Buffer.from('x') }]);
  });

  it('of other services are not', async () => {
    const { agent, intake } = await setUp(echo);
    const call = startCall(agent, OTHER);
    call.end(grpcFrame(Buffer.from('x')));
    await outcomeOf(call);

    expect(intake.messages).toEqual([]);
  });
});

describe('without a backend', () => {
  it('calls are UNAVAILABLE and the connection closes, so that the agent reconnects; it works at once when the backend is back', async () => {
    const { relay, backend } = await setUp(echo);
    await backend.close();
    const before = openAgent(relay.address);
    const closed = once(before, 'close');
    const failed = startCall(before, OTHER);
    failed.write('x');

    const outcome = await outcomeOf(failed);
    await closed;
    const down = relay.status();
    await open(() => startBackend(echo, { port: backend.port }));
    const after = openAgent(relay.address);
    const works = startCall(after, OTHER);
    works.end('back');
    const back = await outcomeOf(works);
    after.destroy();

    expect(outcome.headers).toMatchObject({ ':status': 200, 'grpc-status': '14' });
    expect(decodeURIComponent(String(outcome.headers?.['grpc-message']))).toContain('cannot be reached: ECONNREFUSED');
    expect(down).toMatchObject({ unavailable: 1, backend: { state: 'down', problem: 'ECONNREFUSED' } });
    expect(back.body.toString()).toBe('back');
    expect(relay.status().backend).toEqual({ state: 'up' });
  });

  it('calls in flight end with UNAVAILABLE', async () => {
    const { agent, backend } = await setUp((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.write('half an answer');
    });
    const call = startCall(agent, OTHER);
    const outcome = outcomeOf(call);
    await once(call, 'data');

    backend.die();

    expect(await outcome).toMatchObject({ trailers: { 'grpc-status': '14' } });
  });

  it('a backend that says goodbye is passed on: calls in flight finish, the connection closes', async () => {
    const release = Promise.withResolvers<void>();
    const { agent, backend } = await setUp((stream) => void release.promise.then(() => echo(stream)));
    const call = startCall(agent, OTHER);
    call.end('last');
    const outcome = outcomeOf(call);
    await until(() => backend.calls.length === 1);
    const goodbye = once(agent, 'goaway');

    for (const session of backend.sessions) session.close();
    await goodbye;
    release.resolve();

    expect((await outcome).body.toString()).toBe('last');
    await until(() => agent.destroyed);
  });
});

describe('hostile streams', () => {
  it.each([
    ['a length of 1 GiB', Buffer.from([0, 0x40, 0, 0, 0, 1, 2, 3]), ['unreadable']],
    ['a length of 4 GiB', Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), ['unreadable']],
    ['a message cut short', Buffer.from([0, 0, 0, 0, 9, 1, 2]), []],
    ['half a prefix', Buffer.from([0, 0, 0]), []],
    ['an unknown compression', grpcFrame(Buffer.from('x'), 1), ['unreadable']],
  ])('with %s pass, and nothing is kept of them', async (_, body, lost) => {
    const { agent, intake } = await setUp(echo);
    const call = startCall(agent, COLLECT, { 'grpc-encoding': 'zstd' });
    call.end(body);

    const outcome = await outcomeOf(call);

    expect(outcome.body.equals(body)).toBe(true);
    expect(intake).toMatchObject({ messages: [], lost });
    expect(intake.held()).toBe(0);
  });

  it('that are no HTTP/2 are closed, and others go on', async () => {
    const { relay, agent } = await setUp(echo);
    const [host, port] = relay.address.split(':');
    const socket = connectSocket(Number(port), host);
    socket.on('error', () => undefined);
    socket.resume().end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'close');
    const call = startCall(agent, OTHER);
    call.end('fine');

    expect((await outcomeOf(call)).body.toString()).toBe('fine');
  });
});

describe('the end', () => {
  it('lets calls in flight finish and takes no new connections', async () => {
    const release = Promise.withResolvers<void>();
    const { agent, backend, relay } = await setUp((stream) => void release.promise.then(() => echo(stream)));
    const call = startCall(agent, OTHER);
    call.end('in flight');
    const outcome = outcomeOf(call);
    await until(() => backend.calls.length === 1);

    const closing = relay.close(5_000);
    const late = openAgent(relay.address);
    const [error] = (await once(late, 'error')) as [{ code: string }];
    release.resolve();
    await closing;

    expect((await outcome).body.toString()).toBe('in flight');
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('cuts calls that do not finish in time', async () => {
    const { agent, backend, relay } = await setUp(() => undefined);
    const call = startCall(agent, OTHER);
    call.write('never answered');
    const outcome = outcomeOf(call);
    await until(() => backend.calls.length === 1);

    await relay.close(50);

    expect((await outcome).headers).toBeUndefined();
    await until(() => backend.sessions.size === 0);
  });
});

describe('settings', () => {
  const listen = { host: '127.0.0.1', port: 0 };
  const backend = { host: '127.0.0.1', port: 1 };

  it('say so when the address is taken', async () => {
    const { relay } = await setUp(echo);
    const port = Number(relay.address.split(':')[1]);

    await expect(openRelay({ listen: { host: '127.0.0.1', port }, backend }, keepAll())).rejects.toMatchObject({
      code: 'usage',
      message: `cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
    });
  });

  it.each([
    ['a key that is none', { listen: { ...listen, tls: { cert: '-----BEGIN x', key: 'y' } }, backend }],
    ['a CA that is none', { listen, backend: { ...backend, tls: { ca: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----' } } }],
  ] satisfies [string, RelaySettings][])('say so about %s', async (_, settings) => {
    await expect(openRelay(settings, keepAll())).rejects.toMatchObject({ code: 'invalid-file' });
  });
});

interface SetUp {
  readonly relay: Relay;
  readonly backend: FakeBackend;
  readonly agent: ClientHttp2Session;
  readonly intake: ReturnType<typeof keepAll>;
}

interface Tls {
  readonly cert: string;
  readonly key: string;
}

async function setUp(answer: Answer, { backendTls, listenTls }: { readonly backendTls?: Tls; readonly listenTls?: Tls } = {}): Promise<SetUp> {
  const intake = keepAll();
  const backend = await open(() => startBackend(answer, backendTls ? { tls: backendTls } : {}));
  const settings: RelaySettings = {
    listen: { host: '127.0.0.1', port: 0, ...(listenTls ? { tls: listenTls } : {}) },
    backend: { host: '127.0.0.1', port: backend.port, ...(backendTls ? { tls: { ca: backendTls.cert } } : {}) },
  };
  const relay = await openRelay(settings, intake);
  const agent = openAgent(relay.address, listenTls ? { ca: listenTls.cert } : {});
  closers.push(async () => {
    agent.destroy();
    await relay.close(0);
  });
  return { relay, backend, agent, intake };
}

async function open<T extends { close(): Promise<void> }>(start: () => Promise<T>): Promise<T> {
  const started = await start();
  closers.push(() => started.close());
  return started;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await wait(5);
}

function pairs(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}

/** A new certificate for 127.0.0.1 that is its own authority. */
function certificate(): Tls {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-tee-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile, '-out', certFile, '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...made, ...names], { stdio: 'ignore' });
  const tls = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  rmSync(folder, { recursive: true });
  return tls;
}
