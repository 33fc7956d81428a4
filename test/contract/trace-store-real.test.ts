import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openJaeger } from '../../src/adapters/jaeger/open-jaeger.ts';
import type { StoredSpan, TraceStore } from '../../src/ports/trace-store.ts';
import { describeTraceStore } from './trace-store-contract.ts';

/** Path of a Jaeger 2 binary, or of a lab directory that has it as `bin/jaeger`. */
const given = process.env['CHANGEOVER_LAB_JAEGER'];

if (given === undefined) {
  describe('a real Jaeger', () => {
    it.skip('is not tested: set CHANGEOVER_LAB_JAEGER to a Jaeger 2 binary or a lab directory', () => undefined);
  });
} else {
  let jaeger: RunningJaeger | undefined;

  beforeAll(async () => {
    jaeger = await startJaeger((await stat(given)).isDirectory() ? join(given, 'bin', 'jaeger') : given);
  });

  afterAll(() => jaeger?.stop());

  describeTraceStore('a real Jaeger', async () => {
    if (!jaeger) throw new Error('Jaeger did not start');
    const { store, otlp } = jaeger;
    return { store, put: (spans) => send(spans, store, otlp) };
  });
}

interface RunningJaeger {
  readonly store: TraceStore;
  readonly otlp: string;
  readonly stop: () => Promise<void>;
}

async function startJaeger(binary: string): Promise<RunningJaeger> {
  const directory = await mkdtemp(join(tmpdir(), 'changeover-jaeger-'));
  const [http, grpc, otlp] = await Promise.all([freePort(), freePort(), freePort()]);
  await writeFile(join(directory, 'jaeger.yaml'), configuration(http, grpc, otlp));
  const child = spawn(binary, ['--config', join(directory, 'jaeger.yaml')], { stdio: 'ignore' });
  await once(child, 'spawn');
  const store = openJaeger({ url: `http://127.0.0.1:${http}` });
  try {
    await until('Jaeger answers', () =>
      store.services().then(
        () => true,
        () => false,
      ),
    );
  } catch (error) {
    await stop(child, directory);
    throw error;
  }
  return { store, otlp: `http://127.0.0.1:${otlp}/v1/traces`, stop: () => stop(child, directory) };
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }
  await rm(directory, { recursive: true });
}

/** OTLP in, memory, query API out: no other port than these three. */
function configuration(http: number, grpc: number, otlp: number): string {
  return JSON.stringify({
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: 1000 } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } },
    },
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  });
}

async function send(spans: readonly StoredSpan[], store: TraceStore, otlp: string): Promise<void> {
  const body = JSON.stringify({ resourceSpans: spans.map(toOtlp) });
  const response = await fetch(otlp, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`OTLP: ${response.status} ${await response.text()}`);
  await until('the spans can be read', async () => {
    const services = [...new Set(spans.map((span) => span.service))];
    const window = { fromMs: Date.now() - 60_000, toMs: Date.now() + 60_000, limit: 100 };
    const traces = await Promise.all(services.map((service) => store.traces({ service, ...window })));
    const seen = new Set(traces.flat(2).map((span) => span.spanId));
    return spans.every((span) => seen.has(span.spanId));
  });
}

function toOtlp(span: StoredSpan): object {
  const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
  const attributes = (values: { readonly [key: string]: string }): object[] =>
    Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }));
  return {
    resource: { attributes: attributes({ 'service.name': span.service, ...span.resource }) },
    scopeSpans: [
      {
        spans: [
          {
            traceId: span.traceId,
            spanId: span.spanId,
            ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
            name: span.operation,
            kind: kinds[span.kind],
            startTimeUnixNano: `${span.startMs}000000`,
            endTimeUnixNano: `${span.startMs + span.durationMs}000000`,
            attributes: attributes(span.attributes),
          },
        ],
      },
    ],
  };
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`waited 30 s in vain: ${what}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
