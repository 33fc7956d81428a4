import { ChangeoverError, type ErrorCode } from '../../core/error.ts';
import type { RegistryError, RegistryRefusal } from '../../ports/registry.ts';

const MAX_ERRORS = 10;
const DIGEST = /sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})/;

export interface RefusedResponse {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
  /** What was asked, as a phrase: `upload of sha256:…`. */
  readonly action: string;
  /** `registry/repository[:tag]`. */
  readonly target: string;
  readonly registry: string;
  /** Where the status alone does not tell. */
  readonly code?: ErrorCode;
}

/** What an answer that is not a success means to us; the registry's own code, message and named digests stay in the message. */
export function toRegistryError(response: RefusedResponse): ChangeoverError {
  const errors = parseErrors(response.body);
  const said = errors.length > 0 ? errors.map(describeError).join('; ') : firstLine(response.body);
  const code = response.code ?? codeOf(response.status);
  const hint = hintFor(response, errors);
  return new ChangeoverError(code, `${response.action} failed: ${said === '' ? '' : `${said} `}(HTTP ${response.status} from ${response.registry})`, {
    target: response.target,
    ...(hint === undefined ? {} : { hint }),
    retryable: code === 'rate-limited' || code === 'unreachable',
    ...(response.retryAfterMs === undefined ? {} : { retryAfterMs: response.retryAfterMs }),
    ...(errors.length > 0 ? { cause: { errors } satisfies RegistryRefusal } : {}),
  });
}

/** A connection that failed or was cut, with the URL that was tried; `aborted` when the caller's signal did it. What is no network error stays as it is. */
export function toNetworkError(error: unknown, url: URL, options: { readonly target: string; readonly signal: AbortSignal | undefined }): unknown {
  if (error instanceof ChangeoverError) return error;
  if (options.signal?.aborted) return new ChangeoverError('aborted', 'stopped while talking to a registry', { target: options.target, cause: error });
  const code = networkCode(error);
  if (code === '') return error;
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code);
  const reason = error instanceof Error && error.message !== '' ? error.message : code;
  return new ChangeoverError('unreachable', `no answer from ${url.origin}${url.pathname}: ${reason}${reason.includes(code) ? '' : ` (${code})`}`, {
    target: options.target,
    hint: certificate
      ? `Name the registry's CA in the policy: registries: {"${url.host}": {ca: ./ca.pem}}.`
      : wrongVersion(code)
        ? `The server does not speak TLS. If plain HTTP is meant, say so in the policy: registries: {"${url.host}": {plainHttp: true}}.`
        : 'Check that this machine reaches the registry (name, port, firewall).',
    retryable: !certificate,
    cause: error,
  });
}

/** Content that does not hash to its digest. */
export function corruptContent(expected: string, found: string, target: string): ChangeoverError {
  return new ChangeoverError('refused', `the content is not what its digest says: expected ${expected}, found ${found}`, {
    target,
    hint: 'Something between this machine and the registry changes content (a proxy or cache), or the registry is damaged.',
  });
}

/** The error code of a network failure, also of the first of several attempts. */
export function networkCode(error: unknown): string {
  if (error instanceof AggregateError) return networkCode(error.errors[0]);
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? networkCode(error.cause) : '';
}

function wrongVersion(code: string): boolean {
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'denied';
  if (status === 413) return 'too-large';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'unreachable' : 'refused';
}

function hintFor({ status, registry }: RefusedResponse, errors: readonly RegistryError[]): string | undefined {
  const codes = new Set(errors.map((error) => error.code));
  const text = errors.map((error) => `${error.code} ${error.message}`).join(' ');
  if (status === 401 || status === 403)
    return `Log in (docker login ${registry}), or set registries["${registry}"].auth in the policy to an account with this right.`;
  if (status >= 300 && status < 400) return 'The registry redirects what is written, which is not followed: name the host it leads to instead.';
  if (status === 413) return 'Raise the body limit of the registry or of the proxy in front of it (nginx: client_max_body_size).';
  if (status === 429) return `Wait, or lower registries["${registry}"].rate in the policy.`;
  if (codes.has('NAME_UNKNOWN')) return 'Create the repository in the registry first, or name another one.';
  if (codes.has('MANIFEST_BLOB_UNKNOWN')) return 'A blob was removed meanwhile: run the same command again to upload it.';
  if (status === 412 || /immutable|already exists/i.test(text))
    return 'The registry protects this tag or manifest by a rule: choose another tag (image.to in the policy), or change the rule.';
  if (status === 415) return 'The registry does not take this manifest type (zot: http.compat docker2s2).';
  return status >= 500 ? 'Look at the log of the registry, then run the same command again.' : undefined;
}

function wordOf(value: unknown, limit: number): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  // What a server says ends on terminals and in logs: no control characters, no novels.
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

function firstLine(body: string): string {
  return body.trimStart().startsWith('<') ? '' : wordOf(body.trim().split('\n')[0], 200);
}

function parseErrors(body: string): readonly RegistryError[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return [];
  }
  const list = typeof parsed === 'object' && parsed !== null && 'errors' in parsed && Array.isArray(parsed.errors) ? (parsed.errors as unknown[]) : [];
  return list.slice(0, MAX_ERRORS).flatMap((item) => {
    if (typeof item !== 'object' || item === null) return [];
    const { code, message, detail } = item as { readonly [name in keyof RegistryError]?: unknown };
    return [{ code: wordOf(code, 100) || 'UNKNOWN', message: wordOf(message, 500), detail: wordOf(detail, 500) }];
  });
}

/** The detail is told where it names a digest the message does not. */
function describeError({ code, message, detail }: RegistryError): string {
  const digest = DIGEST.exec(detail)?.[0];
  const text = message === '' ? code : `${code}: ${message}`;
  return digest === undefined || text.includes(digest) ? text : `${text} (${digest})`;
}
