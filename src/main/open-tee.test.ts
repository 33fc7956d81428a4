import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { encodeCollection, encodeSegment, grpcFrame, ref, segment, span } from '../../test/builders/segment.ts';
import { echo, openAgent, outcomeOf, startBackend, startCall, type Outcome } from '../adapters/tee/fake-peers.ts';
import { fakeWiring, type FakeWiring } from '../cli/fake-wiring.ts';
import { runCli } from '../cli/run-cli.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { TeeStatus } from '../app/tee.ts';
import { openTee } from './open-tee.ts';

const COLLECT = '/skywalking.v3.TraceSegmentReportService/collect';
const IN_SYNC = '/skywalking.v3.TraceSegmentReportService/collectInSync';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('segments reach the backend as they were and the collector as spans; SIGTERM sends what waits', async () => {
  const { report, collector, backend, stop, written, fake } = await setUp();
  const segments = [segment({ service: 'orders', spans: [span({ refs: [ref()] })] }), segment({ service: 'stock' })].map((each) => encodeSegment(each));
  const stream = Buffer.concat(segments.map((each) => grpcFrame(each)));

  const collected = await report(COLLECT, stream);
  const inSync = await report(IN_SYNC, grpcFrame(encodeCollection(segments)));
  const code = await stop();

  expect(collected.body.equals(stream)).toBe(true);
  expect(collected.trailers).toMatchObject({ 'grpc-status': '0' });
  expect(inSync.trailers).toMatchObject({ 'grpc-status': '0' });
  expect(backend.calls).toHaveLength(2);
  expect(collector.services().sort()).toEqual(['orders', 'orders', 'stock', 'stock']);
  expect(code).toBe(130);
  expect(lastStatus(fake)).toMatchObject({
    kind: 'TeeStatus',
    agents: { calls: 2, unavailable: 0 },
    segments: { seen: 3, sent: 4, waiting: 0, lost: { bufferFull: 0, undelivered: 0, refused: 0, unreadable: 0 } },
    backend: { state: 'up' },
    collector: { state: 'up' },
    baseline: { services: 3, edges: 1 },
  });
  expect(JSON.parse(written.get('tee.json') ?? '')).toMatchObject({
    kind: 'Baseline',
    source: 'tee',
    services: [{ name: 'gateway' }, { name: 'orders' }, { name: 'stock' }],
    edges: [{ from: 'gateway', to: 'orders', calls: 2 }],
  });
});

it('the backend does not feel a collector that is away, and memory is bounded', async () => {
  const { report, collector, stop, fake } = await setUp({ maxBufferMib: 1 });
  await collector.close();
  const large = grpcFrame(encodeSegment(segment({ spans: [span({ tags: [{ key: 'x', value: 'y'.repeat(60_000) }] })] })));

  const outcomes: Outcome[] = [];
  for (let call = 0; call < 20; call += 1) outcomes.push(await report(COLLECT, Buffer.concat(Array.from({ length: 10 }, () => large))));
  await collector.listen();
  const code = await stop();

  const { segments, buffer } = lastStatus(fake);
  expect(outcomes.filter(({ trailers, body }) => trailers?.['grpc-status'] !== '0' || body.length !== large.length * 10)).toEqual([]);
  expect(segments.seen).toBe(200);
  expect(segments.lost.bufferFull).toBeGreaterThan(100);
  expect(segments.lost.bufferFull + segments.sent).toBe(200);
  expect(buffer.bytes).toBe(0);
  expect(code).toBe(130);
});

it('a collector that comes back gets what waited', async () => {
  const { report, collector, stop } = await setUp();
  await collector.close();
  await report(COLLECT, grpcFrame(encodeSegment(segment({ service: 'early' }))));
  await wait(400); // the first attempt fails

  await collector.listen();
  await until(() => collector.services().length === 1);

  expect(collector.services()).toEqual(['early']);
  expect(await stop()).toBe(130);
});

interface Collector {
  readonly services: () => string[];
  close(): Promise<void>;
  listen(): Promise<void>;
}

interface SetUp {
  readonly report: (path: string, body: Buffer) => Promise<Outcome>;
  readonly backend: Awaited<ReturnType<typeof startBackend>>;
  readonly collector: Collector;
  /** SIGTERM; the exit code. */
  readonly stop: () => Promise<number>;
  readonly written: Map<string, string>;
  readonly fake: FakeWiring;
}

/** The whole command, over real sockets, with a backend and a collector. */
async function setUp({ maxBufferMib = 64 } = {}): Promise<SetUp> {
  const backend = await startBackend(echo);
  const collector = await startCollector();
  const fake = fakeWiring({ wiring: { clock: systemClock, openTee: async () => openTee } });
  const options = ['--listen', '127.0.0.1:0', '--backend', `127.0.0.1:${backend.port}`, '--otlp', `http://127.0.0.1:${collector.port}`];
  const running = runCli(['tee', ...options, '--max-buffer', String(maxBufferMib), '--baseline', 'tee.json', '-o', 'json'], fake.wiring);
  await Promise.race([running, until(() => fake.out() !== '')]);
  const agent = openAgent(lastStatus(fake).listen);
  const stop = (): Promise<number> => {
    agent.close();
    fake.interrupt();
    return running;
  };
  closers.push(
    () => backend.close(),
    () => collector.close(),
    async () => agent.destroy(),
  );
  const report = async (path: string, body: Buffer): Promise<Outcome> => {
    const call = startCall(agent, path);
    call.end(body);
    return outcomeOf(call);
  };
  return { report, backend, collector, stop, written: fake.written, fake };
}

async function startCollector(): Promise<Collector & { readonly port: number }> {
  const services: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { resourceSpans } = (await json(request)) as { resourceSpans: { resource: { attributes: { key: string; value: { stringValue: string } }[] } }[] };
    for (const { resource } of resourceSpans) services.push(resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '');
    response.end('{}');
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    services: () => services,
    close: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
    listen: async () => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

function lastStatus(fake: FakeWiring): TeeStatus {
  return JSON.parse(fake.out().trimEnd().split('\n').at(-1) ?? '') as TeeStatus;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await wait(5);
}
