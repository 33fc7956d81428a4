import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { addresses, paths, sources } from '../paths.ts';
import { waitUntil } from '../wait-until.ts';
import { endedProcess, start } from './start.ts';

/** Starts Jaeger (OTLP for pods on the bridge's address, query API on the loopback, traces in memory). */
export function startJaeger(): void {
  const file = join(paths.run, 'jaeger.json');
  writeFileSync(file, JSON.stringify(jaegerConfig(), undefined, 2));
  start('jaeger', [join(paths.bin, 'jaeger'), '--config', file]);
}

/** Starts the lab's own process: SkyWalking's backend, the mesh's webhook. */
export function startStandIns(): void {
  start('stand-ins', [process.execPath, '--disable-warning=ExperimentalWarning', join(sources, 'stand-ins', 'main.ts')]);
}

/** Waits until both accept connections. */
export async function waitForObservability(): Promise<void> {
  const ports = [addresses.jaegerQuery, addresses.otlpGrpc, addresses.otlpHttp, addresses.oap, addresses.oapCounts, addresses.webhook];
  for (const port of ports) await waitUntil(async () => await accepts(port), { what: `a listener on ${port}`, timeoutMs: 60_000, giveUp: endedProcess });
}

function jaegerConfig(): object {
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { logs: { level: 'warn' }, metrics: { level: 'none' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: 50_000 } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: { endpoint: addresses.jaegerQuery }, grpc: { endpoint: '127.0.0.1:16685' } },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: addresses.otlpGrpc }, http: { endpoint: addresses.otlpHttp } } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}

async function accepts(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(Number(port), host);
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  return await promise.finally(() => socket.destroy());
}
