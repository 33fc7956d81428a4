import { Agent, request, type Dispatcher } from 'undici';
import { checkTls } from './check-tls.ts';
import type { SendResult, SinkSettings, SpanSink } from '../../ports/tee.ts';

/** Statuses after which the OTLP specification wants the same request again. */
const retryable = new Set([429, 502, 503, 504]);
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
const CONNECTIONS = 4;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Sends spans to a Collector, as JSON over HTTP (opentelemetry-proto, OTLP/HTTP). Throws `invalid-file` for a CA that cannot be used. */
export function openOtlpSink({ url, headers, ca }: SinkSettings): SpanSink {
  if (ca !== undefined) checkTls({ ca }, 'the CA of the Collector');
  const dispatcher = new Agent({
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_MS, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
  });
  const target = tracesUrl(url);
  return {
    send: async (body, signal) => {
      try {
        const answer = await request(target, { method: 'POST', dispatcher, signal, body, headers: { 'content-type': 'application/json', ...headers } });
        return read(answer.statusCode, answer.headers['retry-after'], await readText(answer));
      } catch (error) {
        return { kind: 'retry', problem: reasonOf(error) };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function tracesUrl(url: string): string {
  const parsed = new URL(url);
  if (parsed.pathname === '/') parsed.pathname = '/v1/traces';
  return parsed.href;
}

function read(status: number, retryAfter: string | string[] | undefined, text: string): SendResult {
  if (status >= 200 && status < 300) return { kind: 'accepted', rejectedSpans: rejectedSpans(text) };
  const problem = `answers ${status}`;
  if (!retryable.has(status)) return { kind: 'refused', problem };
  const retryAfterMs = waitOf(retryAfter);
  return { kind: 'retry', problem, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** `partialSuccess.rejectedSpans` of the answer, an int64 that JSON carries as text; 0 for whatever cannot be read. */
function rejectedSpans(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as { readonly partialSuccess?: { readonly rejectedSpans?: unknown } };
    const count = Number(partialSuccess?.rejectedSpans ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  } catch {
    return 0;
  }
}

/** Seconds of a Retry-After header as milliseconds; a date is treated as absent. */
function waitOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}

async function readText({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > MAX_ANSWER_BYTES) break; // leaving the loop closes the connection
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
