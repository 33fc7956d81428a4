import { Agent, request, type Dispatcher } from 'undici';
import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * GET of `base` + `path`, as JSON of at most 64 MiB. Errors as `openJaeger` lists them. Not retried: the caller calls a
 * failure inconclusive, and a person runs the command again.
 */
export async function fetchJson(base: string, path: string, signal?: AbortSignal): Promise<Json> {
  const { origin, pathname } = new URL(base);
  try {
    const response = await request(`${origin}${pathname.replace(/\/+$/, '')}${path}`, {
      dispatcher: agent(),
      headers: { accept: 'application/json' },
      ...(signal ? { signal } : {}),
    });
    const text = await readText(response, base);
    if (response.statusCode === 401 || response.statusCode === 403) throw denied(base, response.statusCode);
    if (response.statusCode !== 200) throw unreachable(base, `answers ${response.statusCode}: ${text.slice(0, 200)}`);
    return parseJson(text, base);
  } catch (error) {
    if (error instanceof ChangeoverError) throw error;
    if (signal?.aborted === true) throw new ChangeoverError('aborted', `interrupted while reading ${base}`, { cause: error });
    throw unreachable(base, `cannot be reached: ${reasonOf(error)}`, error);
  }
}

let shared: Agent | undefined;

/** One pool for the process; idle connections do not keep it alive. */
function agent(): Dispatcher {
  shared ??= new Agent({ connections: 8, connectTimeout: 10_000, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  return shared;
}

async function readText(response: Dispatcher.ResponseData, base: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BYTES)
      throw new ChangeoverError('too-large', `${base} answers with more than 64 MiB`, { target: base, hint: 'Verify fewer services at once.' });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, base: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw unreachable(base, "does not answer like Jaeger's query API", error);
  }
}

function denied(base: string, status: number): ChangeoverError {
  return new ChangeoverError('denied', `${base} answers ${status}`, {
    target: base,
    hint: 'Name a query service without login, or use verify.jaeger.service.',
  });
}

function unreachable(base: string, what: string, cause?: unknown): ChangeoverError {
  return new ChangeoverError('unreachable', `${base} ${what}`, {
    target: base,
    hint: 'Check verify.jaeger in the policy: it must be the query service (port 16686), with its base path if it has one.',
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
