import { once } from 'node:events';
import { createServer as createCollector } from 'node:http';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

/** What `tee.ts` measures against: a SkyWalking backend that answers every call, and a collector that accepts everything. Prints their ports, ends with its input. */
async function main(): Promise<void> {
  const backend = createServer();
  backend.on('stream', answer);
  backend.on('sessionError', () => undefined);
  const collector = createCollector((request, response) => void request.resume().on('end', () => response.end('{}')));
  process.stdout.write(`${JSON.stringify({ backend: await listen(backend), collector: await listen(collector) })}\n`);
  process.stdin.resume().on('end', () => process.exit(0));
}

function answer(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.resume().on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  });
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

await main();
