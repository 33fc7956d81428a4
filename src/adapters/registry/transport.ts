import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { Agent, ProxyAgent, request, type Dispatcher } from 'undici';
import { ChangeoverError } from '../../core/error.ts';
import type { RegistrySettings } from '../../core/policy/policy.ts';
import type { HostTraffic, RegistryTraffic } from '../../ports/registry.ts';
import { proxyFor } from '../files/proxy-for.ts';
import { isLoopback, isPrivateLiteral } from './network-host.ts';
import { toNetworkError } from './registry-error.ts';

/** Bytes, or as many as are said before they come: opened anew whenever the request is sent again. */
export type WireBody = Uint8Array | { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> };

export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: WireBody;
  /** For messages: `registry/repository[:tag]`. */
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

/** An answer whose body must be read or discarded: its connection is busy until then. */
export interface WireReply {
  readonly status: number;
  /** By lower-case name; of a header sent several times, all values joined by commas. */
  readonly headers: { readonly [name: string]: string | undefined };
  /** Throws `unreachable` when it is cut, `aborted` when the signal fires. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Never throws. */
  discard(): Promise<void>;
  /** Resolves when the body has ended, was discarded or cut. */
  readonly ended: Promise<void>;
}

/** HTTP to registries with each host's own TLS settings; counts every byte of every body. */
export interface Transport {
  /** Where a registry is spoken to: TLS, unless it is this machine or the settings say `plainHttp`. */
  baseUrl(registry: string): URL;
  /** Requests per second for a URL's host, where the settings limit it. */
  rate(url: URL): number | undefined;
  /**
   * Resolves a URL a registry sends us to (redirect, upload location, token server). Throws `refused` for one that would leave TLS,
   * or lead to this machine or a private address on another host: a registry must not aim our requests inside the network.
   */
  follow(location: string, from: URL, target: string): URL;
  /** Throws what the network throws. */
  send(request: WireRequest): Promise<WireReply>;
  traffic(): Omit<RegistryTraffic, 'layerBytesDown'>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly settings: { readonly [host: string]: RegistrySettings };
  /** Paths in the settings are relative to this folder. */
  readonly directory: string;
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
  readonly env: { readonly [name: string]: string | undefined };
}

const HUB = 'docker.io';
const HUB_WIRE = 'registry-1.docker.io';
const CONNECT_TIMEOUT_MS = 4000;
const IDLE_TIMEOUT_MS = 60_000;
const UPLOAD_TIMEOUT_MS = 300_000;
/** Past this, dropping the connection is cheaper than reading on. */
const MAX_DISCARDED = 64 * 1024;

/** HTTP for all registries. Throws `invalid-file` when a CA, certificate or key of the settings cannot be read, at the first request to its host. */
export function openTransport({ settings, directory, env }: TransportOptions): Transport {
  const agents = new Map<string, Dispatcher>();
  const counted = new Map<string, { requests: number; down: number; up: number }>();

  function countOf(url: URL): { requests: number; down: number; up: number } {
    const host = url.host === HUB_WIRE ? HUB : url.host;
    const count = counted.get(host) ?? { requests: 0, down: 0, up: 0 };
    counted.set(host, count);
    return count;
  }

  function settingsFor(url: URL): RegistrySettings | undefined {
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    const host = url.host === HUB_WIRE ? HUB : url.host;
    return settings[host] ?? settings[`${url.hostname}:${port}`];
  }

  function agentFor(url: URL): Dispatcher {
    const own = settingsFor(url);
    const proxy = proxyFor(url.origin, undefined, env);
    const key = `${own?.ca !== undefined || own?.cert !== undefined ? url.host : ''} ${proxy ?? ''}`;
    const existing = agents.get(key);
    if (existing) return existing;
    const tls = own === undefined ? {} : tlsOptions(url.host, own, directory);
    const agent = openAgent(proxy, { ...tls, timeout: CONNECT_TIMEOUT_MS });
    agents.set(key, agent);
    return agent;
  }

  function toReply(wire: WireRequest, status: number, headers: IncomingHttpHeaders, raw: Readable): WireReply {
    // A body that is cut when nobody reads it must not end the process; its reader is told.
    raw.on('error', () => undefined);
    const ended = new Promise<void>((done) => raw.once('close', done));
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of raw as AsyncIterable<Uint8Array>) {
          countOf(wire.url).down += chunk.length;
          yield chunk;
        }
      } catch (error) {
        throw toNetworkError(error, wire.url, wire);
      }
    }
    async function discard(): Promise<void> {
      let length = 0;
      try {
        for await (const chunk of body()) {
          length += chunk.length;
          if (length > MAX_DISCARDED) break;
        }
      } catch {
        // Nobody wants these bytes: that they were cut changes nothing.
      }
    }
    const joined = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const);
    return { status, headers: Object.fromEntries(joined), body: body(), discard, ended };
  }

  return {
    baseUrl(registry) {
      const own = settings[registry];
      const secure = new URL(`https://${registry === HUB ? HUB_WIRE : registry}/`);
      const plain = own?.plainHttp ?? (isLoopback(secure.hostname) && own?.ca === undefined && own?.cert === undefined);
      return plain ? new URL(`http://${registry}/`) : secure;
    },
    rate: (url) => settingsFor(url)?.rate,
    follow(location, from, target) {
      const url = URL.parse(location, from.href);
      if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw misled(`"${location}" is not an HTTP URL`, from, target);
      if (url.hostname === from.hostname) {
        // A proxy that ends TLS in front of a registry that does not know it: stay on TLS.
        return from.protocol === 'https:' && url.protocol === 'http:' ? new URL(`${from.origin}${url.pathname}${url.search}`) : url;
      }
      const named = settingsFor(url);
      if (!named && isPrivateLiteral(url.hostname)) throw misled(`${url.origin} is a private address on another host`, from, target);
      if (from.protocol === 'https:' && url.protocol === 'http:' && named?.plainHttp !== true)
        throw misled(`${url.origin} is not protected by TLS`, from, target);
      return url;
    },
    async send(wire) {
      const { method, url, headers, body, signal } = wire;
      const count = countOf(url);
      count.requests += 1;
      const reply = await request(url.href, {
        dispatcher: agentFor(url),
        method,
        headersTimeout: body !== undefined ? UPLOAD_TIMEOUT_MS : IDLE_TIMEOUT_MS,
        headers: { 'user-agent': 'changeover', ...headers, ...(body === undefined ? {} : { 'content-length': String(sizeOf(body)) }) },
        body: body === undefined ? null : sent(body, count),
        ...(signal === undefined ? {} : { signal }),
      });
      return toReply(wire, reply.statusCode, reply.headers, reply.body);
    },
    traffic: () => sumTraffic(counted),
    async close() {
      // Not `close`, which would wait for bodies nobody reads any more.
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

function sizeOf(body: WireBody): number {
  return body instanceof Uint8Array ? body.length : body.size;
}

/** The bytes as they are sent, counted. */
function sent(body: WireBody, count: { up: number }): Uint8Array | Readable {
  if (body instanceof Uint8Array) {
    count.up += body.length;
    return body;
  }
  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      count.up += chunk.length;
      yield chunk;
    }
  }
  return Readable.from(counted(body.open()), { objectMode: false });
}

/** The counts of all hosts, together and apart. */
function sumTraffic(counted: ReadonlyMap<string, HostTraffic>): Omit<RegistryTraffic, 'layerBytesDown'> {
  const total = (of: keyof HostTraffic): number => [...counted.values()].reduce((sum, each) => sum + each[of], 0);
  const hosts = Object.fromEntries([...counted].map(([host, each]) => [host, { ...each }]));
  return { requests: total('requests'), bytesDown: total('down'), bytesUp: total('up'), hosts };
}

function openAgent(proxy: string | undefined, connect: { readonly timeout: number }): Dispatcher {
  const settings = { allowH2: false, bodyTimeout: IDLE_TIMEOUT_MS };
  if (proxy === undefined) return new Agent({ ...settings, connect });
  return new ProxyAgent({ ...settings, uri: proxy, requestTls: connect, proxyTls: { timeout: CONNECT_TIMEOUT_MS } });
}

function tlsOptions(host: string, { ca, cert, key }: RegistrySettings, directory: string): { ca?: string[]; cert?: string; key?: string } {
  const read = (field: string, path: string): string => {
    const file = resolve(directory, path);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new ChangeoverError('invalid-file', `registries["${host}"].${field} cannot be read: ${String(error)}`, { target: file, cause: error });
    }
  };
  return {
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), read('ca', ca)] }),
    ...(cert === undefined ? {} : { cert: read('cert', cert), key: read('key', key ?? cert) }),
  };
}

function misled(why: string, from: URL, target: string): ChangeoverError {
  return new ChangeoverError('refused', `${from.host} sends us elsewhere: ${why}`, {
    target,
    hint: 'If this is meant, name that host under registries: in the policy.',
  });
}
