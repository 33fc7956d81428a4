import type { Clock } from '../../ports/clock.ts';
import { createHostGate, type HostGate } from './host-gate.ts';
import { networkCode, toNetworkError } from './registry-error.ts';
import type { Transport, WireReply, WireRequest } from './transport.ts';

export interface SendRequest extends WireRequest {
  /** Whether the request may be sent again after a lost or failed answer. One the server surely did not act on always may. */
  readonly repeatable: boolean;
}

/** Sends one request, again where that is safe and useful, within each host's limits. */
export interface Sender {
  /** The answer whatever its status, with its body unread. Throws `unreachable` or `aborted`. */
  send(request: SendRequest): Promise<WireReply>;
}

const MAX_THROTTLED = 5;
const MAX_FAILED = 3;
const LONGEST_WAIT_MS = 60_000;
const NOT_SENT = new Set(['ECONNREFUSED', 'EAI_AGAIN']);
const CUT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const FAILED = new Set([408, 500, 502, 503, 504]);

/** A sender over a transport. Hosts are throttled one by one: a host that asks for patience does not slow the others. */
export function createSender(transport: Transport, clock: Clock): Sender {
  const gates = new Map<string, HostGate>();

  function gateOf(url: URL): HostGate {
    const gate = gates.get(url.host) ?? createHostGate(clock, transport.rate(url));
    gates.set(url.host, gate);
    return gate;
  }

  async function attempt(request: SendRequest, gate: HostGate): Promise<WireReply> {
    const leave = await gate.enter(request.signal);
    try {
      const reply = await transport.send(request);
      void reply.ended.then(leave);
      return reply;
    } catch (error) {
      leave();
      throw error;
    }
  }

  return {
    async send(request) {
      const gate = gateOf(request.url);
      for (let count = 1; ; count += 1) {
        try {
          const reply = await attempt(request, gate);
          const wait = waitBeforeRetry(reply, { count, repeatable: request.repeatable, now: clock.now() });
          if (wait === undefined) return reply;
          await reply.discard();
          gate.pause(wait);
        } catch (error) {
          const code = networkCode(error);
          const safe = NOT_SENT.has(code) || (request.repeatable && CUT.has(code));
          if (!safe || count >= MAX_FAILED || request.signal?.aborted) throw toNetworkError(error, request.url, request);
          await clock.sleep(backoff(200, count), request.signal);
        }
      }
    },
  };
}

/** How long the server asks us to wait (`Retry-After`, in seconds or as a date), in milliseconds. */
export function retryAfterMs(reply: WireReply, now: number): number | undefined {
  const value = reply.headers['retry-after'] ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

interface Attempt {
  readonly count: number;
  readonly repeatable: boolean;
  readonly now: number;
}

function waitBeforeRetry(reply: WireReply, { count, repeatable, now }: Attempt): number | undefined {
  const throttled = reply.status === 429 && count < MAX_THROTTLED;
  const failed = FAILED.has(reply.status) && repeatable && count < MAX_FAILED;
  if (!throttled && !failed) return undefined;
  const asked = retryAfterMs(reply, now);
  if (asked === undefined) return backoff(throttled ? 1000 : 200, count);
  return asked > LONGEST_WAIT_MS ? undefined : asked + Math.random() * 250;
}

function backoff(firstMs: number, count: number): number {
  return firstMs * 2 ** (count - 1) * (0.75 + Math.random() / 2);
}
