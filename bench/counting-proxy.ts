import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What went over the line. Bytes are those of bodies. */
export interface Traffic {
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface CountingProxy {
  /** Stands in for the registry's own. */
  readonly address: string;
  /** Traffic since it was last asked for. */
  take(): Traffic;
  close(): void;
}

/** Stands between a client and a registry and counts: one yardstick for every client. */
export async function startCountingProxy(registry: string): Promise<CountingProxy> {
  const nothing = { requests: 0, bytesUp: 0, bytesDown: 0 };
  let count = { ...nothing };
  const tally = (stream: IncomingMessage, key: 'bytesUp' | 'bytesDown'): IncomingMessage => stream.on('data', (chunk: Buffer) => (count[key] += chunk.length));
  const server = createServer((asked, answer) => {
    count.requests += 1;
    const { method, headers } = asked;
    const onward = request(`http://${registry}${asked.url}`, { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      tally(reply, 'bytesDown').pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    tally(asked, 'bytesUp').pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = count;
      count = { ...nothing };
      return taken;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
