import { Agent, request, type Dispatcher } from 'undici';
import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** What is asked, and the words for when it fails. */
export interface JsonRequest {
  /** Whole URL of the request. */
  readonly url: string;
  /** Sent as JSON in a POST; left out = GET. */
  readonly body?: Json;
  /** How messages name the place; default: `url`. */
  readonly name?: string;
  /** Completes "does not answer like …". */
  readonly kind: string;
  /** What to do when it cannot be reached, or is something else. */
  readonly hint: string;
  /** What to do when it wants a login. */
  readonly deniedHint: string;
  /** What to do when the answer is longer than 64 MiB. */
  readonly tooLargeHint: string;
  readonly signal?: AbortSignal;
}

/**
 * One request for JSON of at most 64 MiB. Throws `unreachable` naming the place (no connection, no 200, no JSON), `denied`
 * (401, 403), `too-large`, `aborted`. Not retried: a person runs the command again.
 */
export async function requestJson(asked: JsonRequest): Promise<Json> {
  const { url, body, signal, name = url } = asked;
  try {
    const response = await request(url, {
      dispatcher: agent(),
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { method: 'POST' as const, body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await readText(response, asked);
    if (response.statusCode === 401 || response.statusCode === 403)
      throw new ChangeoverError('denied', `${name} answers ${response.statusCode}`, { target: name, hint: asked.deniedHint });
    if (response.statusCode !== 200) throw unreachable(asked, `answers ${response.statusCode}: ${text.slice(0, 200)}`);
    return parseJson(text, asked);
  } catch (error) {
    if (error instanceof ChangeoverError) throw error;
    if (signal?.aborted === true) throw new ChangeoverError('aborted', `interrupted while reading ${name}`, { cause: error });
    throw unreachable(asked, `cannot be reached: ${reasonOf(error)}`, error);
  }
}

/** The error for an answer that is JSON, and not what was asked for. */
export function wrongAnswer(asked: Pick<JsonRequest, 'url' | 'name' | 'kind' | 'hint'>, detail = '', cause?: unknown): ChangeoverError {
  return unreachable(asked, `does not answer like ${asked.kind}${detail === '' ? '' : `: ${detail}`}`, cause);
}

let shared: Agent | undefined;

/** One pool for the process; idle connections do not keep it alive. */
function agent(): Dispatcher {
  shared ??= new Agent({ connections: 8, connectTimeout: 10_000, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  return shared;
}

async function readText(response: Dispatcher.ResponseData, { url, name = url, tooLargeHint }: JsonRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BYTES) throw new ChangeoverError('too-large', `${name} answers with more than 64 MiB`, { target: name, hint: tooLargeHint });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, asked: JsonRequest): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw wrongAnswer(asked, '', error);
  }
}

function unreachable({ url, name = url, hint }: Pick<JsonRequest, 'url' | 'name' | 'hint'>, what: string, cause?: unknown): ChangeoverError {
  return new ChangeoverError('unreachable', `${name} ${what}`, { target: name, hint, retryable: true, ...(cause === undefined ? {} : { cause }) });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
