import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRegistry } from './registry-answer.ts';
import type { RegistryAnswer } from './registry-question.ts';
import { createRegistryStore, type RegistryStore } from './simulated-registry-content.ts';
import { openUploads } from './registry-uploads.ts';

/** The simulated registry as a server on this machine. */
export interface RegistryServer {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly store: RegistryStore;
  close(): Promise<void>;
}

/** Far above what tests send: a body is held in memory. */
const MAX_BODY = 256 * 1024 * 1024;

/** Serves a store over HTTP on a free port of this machine, by the OCI distribution specification 1.1, without any login. */
export async function serveRegistry(store = createRegistryStore()): Promise<RegistryServer> {
  const uploads = openUploads();
  const server = createServer((request, response) => {
    handle(request)
      .then((answer) => send(response, request.method, answer))
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function handle(request: IncomingMessage): Promise<RegistryAnswer> {
    const { body, whole } = await readBody(request);
    const url = new URL(request.url ?? '/', `http://${host}`);
    // What arrived of a broken upload stays, as in registries that let clients resume.
    if (!whole) return answerRegistry({ method: 'PATCH', url, headers: {}, body }, { store, uploads });
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    return answerRegistry({ method: request.method ?? 'GET', url, headers, body }, { store, uploads });
  }

  return {
    host,
    store,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<{ readonly body: Buffer; readonly whole: boolean }> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > MAX_BODY) throw new Error('the body is too large');
      parts.push(part);
    }
  } catch (error) {
    if (!request.destroyed || length > MAX_BODY) throw error;
  }
  return { body: Buffer.concat(parts), whole: request.complete };
}

function send(response: ServerResponse, method: string | undefined, { status, headers = {}, body = '' }: RegistryAnswer): void {
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }) });
  response.end(method === 'HEAD' ? undefined : body);
}
