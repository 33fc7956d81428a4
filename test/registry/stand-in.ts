import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { openRegistry } from '../../src/adapters/registry/open-registry.ts';
import type { PullSecrets } from '../../src/adapters/registry/pull-secrets.ts';
import type { RegistrySettings } from '../../src/core/policy/policy.ts';
import type { Registry } from '../../src/ports/registry.ts';

/** What a stand-in answers. */
export interface Reply {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
}

/** A request as it came. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A server on this machine that answers what a test says and remembers what it was asked. */
export interface StandIn {
  readonly host: string;
  readonly asked: Asked[];
  /** `GET /v2/`, … */
  lines(): readonly string[];
  close(): Promise<void>;
}

/** Starts a server; `cut` closes the connection instead of an answer. */
export async function standIn(answer: (asked: Asked) => Reply | 'cut' | Promise<Reply | 'cut'>): Promise<StandIn> {
  const asked: Asked[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) };
    asked.push(one);
    const reply = await answer(one);
    if (reply === 'cut') response.destroy();
    else response.writeHead(reply.status ?? 200, reply.headers ?? {}).end(reply.body ?? '');
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    lines: () => asked.map(({ method, url }) => `${method} ${url}`),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface ClientOptions {
  readonly settings?: { readonly [host: string]: RegistrySettings };
  readonly env?: { readonly [name: string]: string };
  readonly secrets?: PullSecrets;
  /** Default: nobody really waits. */
  readonly clock?: { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };
}

/** The real client with no credentials but those given. */
export function openClient({ settings = {}, env = {}, secrets, clock = hastyClock() }: ClientOptions = {}): Registry {
  return openRegistry({ settings, directory: '/', env: { HOME: '/nonexistent', ...env }, clock, ...(secrets ? { secrets } : {}) });
}

/** A clock whose sleeps pass in an instant, and are noted. */
export function hastyClock() {
  const clock = {
    time: 1_750_000_000_000,
    slept: [] as number[],
    now: () => clock.time,
    async sleep(ms: number) {
      clock.slept.push(ms);
      clock.time += ms;
      await setTimeout(0);
    },
  };
  return clock;
}

/** An Authorization header of the Basic scheme. */
export function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString('base64')}`;
}
