import { readFileSync } from 'node:fs';
import type { Http2Session } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { addresses } from '../paths.ts';
import { pki } from '../up/certificates.ts';
import { createCounts, createOap } from './oap.ts';
import { createSegmentStore } from './segment-store.ts';
import { createSidecarWebhook } from './sidecar-webhook.ts';

/** The process `up` starts for everything the lab stands in for itself. It runs until it is told to end. */
function main(): void {
  const store = createSegmentStore();
  const sessions = new Set<Http2Session>();
  listen(createOap(store, sessions), addresses.oap);
  listen(createCounts(store, sessions), addresses.oapCounts);
  listen(createSidecarWebhook({ cert: readFileSync(pki('webhook.crt'), 'utf8'), key: readFileSync(pki('webhook.key'), 'utf8') }), addresses.webhook);
  // Both listen on the loopback alone; a Service of the cluster cannot lead there, but it can lead here.
  for (const address of [addresses.jaegerQuery, addresses.apiServer]) listen(createForward(address), `${addresses.bridge}:${portOf(address)}`);
}

function createForward(to: string): Server {
  const [host = '', port = ''] = to.split(':');
  return createServer((inbound) => {
    const outbound = connect(Number(port), host);
    inbound.pipe(outbound).pipe(inbound);
    for (const socket of [inbound, outbound]) socket.on('error', () => (inbound.destroy(), outbound.destroy()));
  });
}

function listen(server: Server, address: string): void {
  const [host = ''] = address.split(':');
  server.listen(portOf(address), host, () => process.stdout.write(`listening on ${address}\n`));
}

function portOf(address: string): number {
  return Number(address.split(':')[1]);
}

main();
