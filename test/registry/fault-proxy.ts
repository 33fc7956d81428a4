import { once } from 'node:events';
import { createServer, request as ask, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A request as the proxy sees it, whole. */
export interface Passing {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** From 1. */
  readonly count: number;
}

export interface Passed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What happens to one request. */
export type Fault =
  /** The server behind never sees it. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: { readonly [name: string]: string }; readonly body?: string }
  /** The connection ends before the server behind sees anything. */
  | { readonly kind: 'cut' }
  /** The server behind acts, and its answer is lost. */
  | { readonly kind: 'lost' }
  /** Half of the request's body arrives; of a request without one, half of the answer's body goes back. */
  | { readonly kind: 'half' }
  /** The answer trickles. */
  | { readonly kind: 'slow' }
  /** The answer is another one. */
  | { readonly kind: 'change'; readonly change: (answer: Passed) => Passed };

export interface FaultProxy {
  readonly host: string;
  /** May be replaced at any time. */
  rule: (passing: Passing) => Fault | undefined | Promise<Fault | undefined>;
  readonly passed: Passing[];
  close(): Promise<void>;
}

const PIECES = 8;

/** A proxy of this machine before a server; nothing goes wrong until there is a rule. */
export async function openFaultProxy(backend: string): Promise<FaultProxy> {
  const passed: Passing[] = [];
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const passing = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: await readAll(request), count: passed.length + 1 };
    passed.push(passing);
    const fault = await proxy.rule(passing);
    if (fault?.kind === 'answer') return reply(response, { status: fault.status, headers: fault.headers ?? {}, body: Buffer.from(fault.body ?? '') });
    if (fault?.kind === 'cut') return void response.destroy();
    if (fault?.kind === 'half' && passing.body.length > 1) {
      await forwardHalf(backend, passing);
      return void response.destroy();
    }
    const answer = await forward(backend, passing);
    if (fault?.kind === 'lost') return void response.destroy();
    if (fault?.kind === 'half') return replyHalf(response, answer);
    if (fault?.kind === 'slow') return replySlowly(response, answer);
    reply(response, fault?.kind === 'change' ? fault.change(answer) : answer);
  }

  const proxy: FaultProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    rule: () => undefined,
    passed,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

async function forward(backend: string, { method, url, headers, body }: Passing): Promise<Passed> {
  const outgoing = ask(`http://${backend}${url}`, { method, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await readAll(answer) };
}

async function forwardHalf(backend: string, { method, url, headers, body }: Passing): Promise<void> {
  const outgoing = ask(`http://${backend}${url}`, { method, headers });
  outgoing.on('error', () => undefined);
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve());
  await sent;
  // A server has to take the bytes from its socket before the cut reaches it.
  await setTimeout(50);
  outgoing.destroy();
  await setTimeout(50);
}

function reply(response: ServerResponse, { status, headers, body }: Passed): void {
  const { 'transfer-encoding': _, ...rest } = headers;
  response.writeHead(status, rest).end(body);
}

function replyHalf(response: ServerResponse, { status, headers, body }: Passed): void {
  response.writeHead(status, headers);
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

async function replySlowly(response: ServerResponse, { status, headers, body }: Passed): Promise<void> {
  response.writeHead(status, headers);
  response.flushHeaders();
  const size = Math.ceil(body.length / PIECES);
  for (let at = 0; at < body.length; at += size) {
    response.write(body.subarray(at, at + size));
    await setTimeout(2);
  }
  response.end();
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
