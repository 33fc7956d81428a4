import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ChangeoverError } from '../../core/error.ts';
import type { PeerState, Relay, RelaySettings, SegmentIntake } from '../../ports/tee.ts';
import { checkTls } from './check-tls.ts';
import { relayCall, type BackendLink } from './relay-call.ts';

const CONNECT_MS = 10_000;
/** Time an agent has to read its last answers after the backend has gone. */
const LAST_ANSWERS_MS = 5_000;
/** A peer that vanished without a word is noticed by TCP. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

/**
 * Opens a gRPC proxy in front of one backend: every call of every service passes untouched (`relay-call.ts`).
 *
 * Each agent's connection has one of its own to the backend. So what HTTP/2 regulates per connection (windows, GOAWAY, the most streams at once, the
 * choice of a backend pod by the Service) works as it does without a proxy, and an agent that reads slowly holds up itself alone. When the backend
 * cannot be reached, the agent's calls are answered UNAVAILABLE and its connection is closed: it reconnects as it would without us.
 * Throws `usage` when it cannot listen, `invalid-file` for certificates and keys that cannot be used.
 */
export async function openRelay({ listen, backend }: RelaySettings, intake: SegmentIntake): Promise<Relay> {
  if (listen.tls) checkTls(listen.tls, 'the certificate and key to listen with');
  if (backend.tls?.ca !== undefined) checkTls(backend.tls, 'the CA of the backend');
  const server = listen.tls ? createSecureServer({ ...socketOptions, ...listen.tls }) : createServer({ ...socketOptions, settings: {} });
  const agents = new Set<ServerHttp2Session>();
  const counts = { calls: 0, unavailable: 0 };
  let state: PeerState = { state: 'unknown' };
  server.on('session', (agent) => {
    agents.add(agent);
    agent.on('close', () => agents.delete(agent));
    serveAgent(agent, { backend, intake, counts, report: (now) => (state = now) });
  });
  server.on('sessionError', () => undefined);
  server.on('clientError', () => undefined);
  const address = await startListening(server, listen);
  return {
    address,
    status: () => ({ connections: agents.size, ...counts, backend: state }),
    close: (graceMs) => closeServer(server, agents, graceMs),
  };
}

interface AgentContext {
  readonly backend: RelaySettings['backend'];
  readonly intake: SegmentIntake;
  readonly counts: { calls: number; unavailable: number };
  readonly report: (state: PeerState) => void;
}

function serveAgent(agent: ServerHttp2Session, { backend, intake, counts, report }: AgentContext): void {
  agent.on('error', () => undefined);
  const session = connectBackend(backend, report);
  let lost: string | undefined;
  session.on('error', (error) => (lost = `cannot be reached: ${reasonOf(error)}`));
  session.on('goaway', () => agent.close());
  session.on('close', () => {
    lost ??= 'has closed the connection';
    agent.close();
    if (!agent.destroyed) setTimeout(() => agent.destroy(), LAST_ANSWERS_MS).unref();
  });
  agent.on('close', () => session.destroy());
  const scheme = backend.tls ? 'https' : 'http';
  const link: BackendLink = {
    request: (headers, options) => session.request({ ...headers, ':scheme': scheme }, options),
    unavailable: () => (counts.unavailable += 1),
    lost: () => (session.destroyed ? (lost ?? 'has closed the connection') : undefined),
  };
  agent.on('stream', (stream: ServerHttp2Stream, headers, flags, rawHeaders) => {
    counts.calls += 1;
    relayCall({ agent: stream, headers, rawHeaders, flags }, link, intake);
  });
}

function connectBackend({ host, port, tls }: RelaySettings['backend'], report: (state: PeerState) => void): ClientHttp2Session {
  const name = host.includes(':') ? `[${host}]` : host;
  const trust = tls?.ca === undefined ? {} : { ca: tls.ca };
  const session = connect(`${tls ? 'https' : 'http'}://${name}:${port}`, { ...socketOptions, ...trust, settings: { enablePush: false } });
  const giveUp = setTimeout(() => session.destroy(new Error('no connection within 10 seconds')), CONNECT_MS);
  session.on('connect', () => {
    clearTimeout(giveUp);
    report({ state: 'up' });
  });
  session.on('error', (error) => report({ state: 'down', problem: reasonOf(error) }));
  session.on('close', () => clearTimeout(giveUp));
  return session;
}

async function startListening(server: Http2Server, { host, port }: RelaySettings['listen']): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw new ChangeoverError('usage', `cannot listen on ${host}:${port}: ${reasonOf(error)}`, {
      target: `${host}:${port}`,
      hint: 'Choose another address with --listen.',
      cause: error,
    });
  }
  server.on('error', () => undefined);
  const bound = server.address() as AddressInfo;
  return `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

async function closeServer(server: Http2Server, agents: ReadonlySet<ServerHttp2Session>, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  for (const agent of agents) agent.close();
  const cut = setTimeout(() => {
    for (const agent of agents) agent.destroy();
  }, graceMs);
  await promise;
  clearTimeout(cut);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('E') && !error.code.startsWith('ERR_') ? error.code : error.message;
}
