import { Agent, request } from 'undici';
import { ChangeoverError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { NotifyRule } from '../../core/policy/policy.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notifier } from '../../ports/notifier.ts';

const ATTEMPTS = 3;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const TIMEOUT_MS = 5_000;
const retryable = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Statuses that a redirect has: followed, it could take the notice anywhere. */
const isRedirect = (status: number): boolean => status >= 300 && status < 400;

interface Answer {
  readonly problem?: string;
  readonly again: boolean;
  readonly retryAfterMs?: number;
}

/**
 * POSTs notices as JSON to the address in an environment variable (`urlFrom: env:NAME`): three attempts, 5 s each, waiting
 * as Retry-After says, 10 s at most. TLS is verified, redirects are not followed; plain HTTP is for loopback alone.
 */
export function webhookNotifier(env: { readonly [name: string]: string | undefined }, clock: Pick<Clock, 'sleep'>): Notifier {
  return {
    check: (rule) => void addressOf(rule, env),
    send: async (rule, body, signal) => {
      const url = addressOf(rule, env);
      const dispatcher = new Agent({ connect: { timeout: TIMEOUT_MS, rejectUnauthorized: true }, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
      try {
        await deliver((each) => post(url, body, { dispatcher, signal: each }), { rule, clock, ...(signal ? { signal } : {}) });
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}

interface Delivery {
  readonly rule: NotifyRule;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal;
}

async function deliver(attempt: (signal: AbortSignal) => Promise<Answer>, { rule, clock, signal }: Delivery): Promise<void> {
  const name = `the webhook in ${rule.urlFrom.slice('env:'.length)}`;
  for (let tried = 1; ; tried += 1) {
    const timeout = AbortSignal.timeout(2 * TIMEOUT_MS);
    const answer = await attempt(signal ? AbortSignal.any([signal, timeout]) : timeout);
    if (signal?.aborted === true) throw new ChangeoverError('aborted', `interrupted while telling ${name}`);
    if (answer.problem === undefined) return;
    if (!answer.again)
      throw new ChangeoverError('refused', `${name} ${answer.problem}`, { target: rule.urlFrom, hint: 'Check the address and what its receiver takes.' });
    if (tried === ATTEMPTS)
      throw new ChangeoverError('unreachable', `${name} ${answer.problem}`, { target: rule.urlFrom, hint: 'Check that it can be reached from here.' });
    await clock.sleep(Math.min(answer.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (tried - 1), LONGEST_WAIT_MS), signal);
  }
}

async function post(url: string, body: JsonObject, { dispatcher, signal }: { readonly dispatcher: Agent; readonly signal: AbortSignal }): Promise<Answer> {
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await request(url, { method: 'POST', dispatcher, signal, headers, body: JSON.stringify(body) });
    answer.body.destroy(); // what it says is nobody's concern, and may be long
    answer.body.on('error', () => undefined);
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return { again: false };
    const wait = waitOf(answer.headers['retry-after']);
    const problem = `answers ${statusCode}${isRedirect(statusCode) ? ', a redirect, which is not followed' : ''}`;
    return { problem, again: retryable.has(statusCode), ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    // Messages of errors may hold the address.
    return { problem: `cannot be reached: ${code ?? (error instanceof Error ? error.name : 'unknown')}`, again: true };
  }
}

function addressOf({ urlFrom }: NotifyRule, env: { readonly [name: string]: string | undefined }): string {
  const name = urlFrom.slice('env:'.length);
  const value = env[name]?.trim() ?? '';
  const refuse = (what: string): never => {
    throw new ChangeoverError('usage', `the variable ${name} ${what}`, {
      target: 'spec.notify',
      hint: `Set ${name} to the https URL of the webhook, where changeover runs.`,
    });
  };
  if (value === '') return refuse('is not set');
  if (!URL.canParse(value)) return refuse('holds no URL');
  const { protocol, hostname } = new URL(value);
  const loopback = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && loopback) ? value : refuse('holds no https URL (plain HTTP is for loopback addresses alone)');
}

/** Seconds of a Retry-After header as milliseconds; a date is treated as absent. */
function waitOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}
