import { readFile } from 'node:fs/promises';
import { ChangeoverError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connection, Impersonation } from './connection.ts';
import { runPlugin } from './exec-plugin.ts';

/** What goes with a request: headers, and a client certificate for the connection. */
export interface Credential {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
}

export interface CredentialSource {
  /** The credential of this moment; reads a token file or runs a plugin when the last answer is too old. */
  current(): Promise<Credential>;
  /** The server answered this one with 401: forget it. False when asking again could only give the same. */
  renew(refused: Credential): boolean;
}

export interface CredentialOptions {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends a plugin that still runs. */
  readonly closed: AbortSignal;
}

/** A rotated token file is noticed after this time (the kubelet replaces it long before the old token expires). */
const FILE_AGE_MS = 10_000;

/** Chooses among the user's means as kubectl does: token file, token, password, else plugin; a client certificate beside any. */
export function credentialSource(connection: Connection, options: CredentialOptions): CredentialSource {
  const { login } = connection;
  const impersonation = impersonationHeaders(connection.impersonate);
  const rotates = login.exec !== undefined || login.tokenFile !== undefined;
  let kept: Fresh | undefined;
  let reading: Promise<Fresh> | undefined;
  return {
    current: async (): Promise<Credential> => {
      if (kept && options.clock.now() < kept.until) return kept;
      reading ??= readLogin(connection, options)
        .then(({ headers, ...rest }) => (kept = { ...rest, headers: { ...headers, ...impersonation } }))
        .finally(() => {
          reading = undefined;
        });
      return await reading;
    },
    renew: (refused): boolean => {
      if (kept === refused) kept = undefined;
      return rotates;
    },
  };
}

type Fresh = Credential & { readonly until: number };

async function readLogin({ login, source }: Connection, options: CredentialOptions): Promise<Fresh> {
  const { certificate } = login;
  if (login.tokenFile !== undefined) {
    const token = await readToken(login.tokenFile, login.token, source);
    return { headers: bearer(token), certificate, until: options.clock.now() + FILE_AGE_MS };
  }
  if (login.token !== undefined) return { headers: bearer(login.token), certificate, until: Infinity };
  if (login.basic)
    return {
      headers: { authorization: `Basic ${Buffer.from(`${login.basic.username}:${login.basic.password}`).toString('base64')}` },
      certificate,
      until: Infinity,
    };
  if (!login.exec) return { headers: {}, certificate, until: Infinity };
  const given = await runPlugin(login.exec, { ...options, source });
  return { headers: given.token === undefined ? {} : bearer(given.token), certificate: given.certificate ?? certificate, until: given.expires };
}

async function readToken(file: string, fallback: string | undefined, source: string): Promise<string> {
  try {
    const token = (await readFile(file, 'utf8')).trim();
    if (token !== '') return token;
    throw new Error('the file is empty');
  } catch (cause) {
    if (fallback !== undefined) return fallback;
    throw new ChangeoverError('invalid-file', `cannot read the token file ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      target: source,
      cause,
    });
  }
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

function impersonationHeaders(impersonate: Impersonation | undefined): Readonly<Record<string, string | string[]>> {
  if (!impersonate) return {};
  return {
    'impersonate-user': impersonate.user,
    ...(impersonate.uid === undefined ? {} : { 'impersonate-uid': impersonate.uid }),
    ...Object.fromEntries(Object.entries(impersonate.extra).map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, [...values]])),
    ...(impersonate.groups.length === 0 ? {} : { 'impersonate-group': [...impersonate.groups] }),
  };
}
