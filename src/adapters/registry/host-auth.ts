import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Clock } from '../../ports/clock.ts';
import { parseChallenge, type Challenge } from './challenge.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { readText } from './read-body.ts';
import { toRegistryError } from './registry-error.ts';
import { parseTokenAnswer } from './schema.ts';
import type { Sender } from './sender.ts';
import type { Transport } from './transport.ts';

/** What a request needs to be allowed to do; the most important scope first, as some servers read only one. */
export interface Need {
  /** Whose credentials are used. */
  readonly repository: Repository;
  /** `repository:team/app:pull,push`. */
  readonly scopes: readonly string[];
  readonly signal: AbortSignal | undefined;
}

export interface HostAuth {
  /** The Authorization header for a request; undefined = none. */
  authorize(need: Need): Promise<string | undefined>;
  /** Takes in what a 401 says. True when the next `authorize` may give something better than `sent`. */
  learn(header: string, need: Need, sent: string | undefined): Promise<boolean>;
}

export interface HostAuthOptions {
  readonly registry: string;
  readonly base: URL;
  readonly transport: Transport;
  readonly sender: Sender;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
}

interface Token {
  readonly token: string;
  readonly expiresAt: number;
}

interface Grant {
  readonly scopes: readonly string[];
  readonly token: Promise<Token>;
}

type BearerChallenge = Extract<Challenge, { kind: 'bearer' }>;

/**
 * Authentication with one registry host: asks `/v2/` once how to log in, then keeps one token per set of scopes until shortly
 * before it expires. Source: distribution's token and OAuth2 specifications.
 */
export function createHostAuth(options: HostAuthOptions): HostAuth {
  const grants = new Set<Grant>();
  const demanded = new Map<string, readonly string[]>();
  let scheme: Promise<Challenge | undefined> | undefined;

  async function bearer(challenge: BearerChallenge, need: Need): Promise<string> {
    const scopes = [...new Set([...need.scopes, ...(demanded.get(keyOf(need.scopes)) ?? [])])];
    for (const grant of grants) {
      if (!covers(grant.scopes, scopes)) continue;
      const known = await grant.token.catch((error: unknown) => {
        // What was refused together with other scopes may be granted alone.
        if (keyOf(grant.scopes) === keyOf(scopes)) throw error;
      });
      if (known !== undefined && known.expiresAt > options.clock.now()) return known.token;
      if (known !== undefined) grants.delete(grant);
    }
    const grant = { scopes, token: fetchToken(options, challenge, { ...need, scopes }) };
    grants.add(grant);
    const granted = await grant.token.catch((error: unknown) => {
      // Refused credentials stay refused: asking again for every image could lock the account.
      if (!(error instanceof ChangeoverError && error.code === 'denied')) grants.delete(grant);
      throw error;
    });
    return granted.token;
  }

  return {
    async authorize(need) {
      scheme ??= askScheme(options, need);
      const challenge = await scheme.catch((error: unknown) => {
        scheme = undefined;
        throw error;
      });
      if (challenge === undefined) return undefined;
      if (challenge.kind === 'bearer') return `Bearer ${await bearer(challenge, need)}`;
      const credentials = await options.credentials.find(need.repository, need.signal);
      if (credentials?.kind === 'registry-token') return `Bearer ${credentials.token}`;
      return credentials?.kind === 'password' ? basic(credentials) : undefined;
    },
    async learn(header, need, sent) {
      const challenge = parseChallenge(header);
      if (challenge === undefined) return false;
      if (challenge.kind === 'bearer') {
        scheme = Promise.resolve(challenge);
        demanded.set(keyOf(need.scopes), challenge.scopes);
      } else if (sent === undefined) {
        scheme = Promise.resolve(challenge);
        return (await options.credentials.find(need.repository, need.signal)) !== undefined;
      } else if (sent.startsWith('Basic ')) {
        return options.credentials.forget();
      }
      // Harbor answers an expired or too narrow token with a Basic challenge: a fresh token is the cure there too.
      for (const grant of grants) if (covers(grant.scopes, need.scopes)) grants.delete(grant);
      return true;
    },
  };
}

async function askScheme({ base, sender, registry }: HostAuthOptions, { signal }: Need): Promise<Challenge | undefined> {
  const reply = await sender.send({ method: 'GET', url: new URL('/v2/', base), target: registry, repeatable: true, signal });
  await reply.discard();
  return reply.status === 401 ? parseChallenge(reply.headers['www-authenticate'] ?? '') : undefined;
}

async function fetchToken(options: HostAuthOptions, challenge: BearerChallenge, need: Need): Promise<Token> {
  const { registry, base, clock, sender, transport } = options;
  const credentials = await options.credentials.find(need.repository, need.signal);
  const askedAt = clock.now();
  if (credentials?.kind === 'registry-token') return { token: credentials.token, expiresAt: Number.POSITIVE_INFINITY };
  const target = `${need.repository.registry}/${need.repository.path}`;
  const realm = transport.follow(challenge.realm, base, target);
  const reply = await sender.send({ ...tokenRequest(realm, challenge, need, credentials), target, repeatable: true, signal: need.signal });
  const text = await readText(reply);
  if (reply.status !== 200) {
    throw toRegistryError({ status: reply.status, body: text, retryAfterMs: undefined, action: `login at ${realm.origin}`, target, registry });
  }
  const answer = parseTokenAnswer(text);
  if (!answer) throw new ChangeoverError('denied', `the token server ${realm.origin} answered without a token`, { target });
  // A tenth of the life time is left unused, so that a token does not expire on its way.
  return { token: answer.token, expiresAt: askedAt + answer.lifetimeMs * 0.9 };
}

function tokenRequest(realm: URL, { service }: BearerChallenge, { scopes }: Need, credentials: Credentials | undefined) {
  if (credentials?.kind === 'identity-token') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'changeover', refresh_token: credentials.token, scope: scopes.join(' ') });
    if (service !== undefined) form.set('service', service);
    return { method: 'POST', url: realm, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from(form.toString()) } as const;
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { method: 'GET', url, headers: credentials?.kind === 'password' ? { authorization: basic(credentials) } : {} } as const;
}

function basic({ username, password }: Extract<Credentials, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function keyOf(scopes: readonly string[]): string {
  return scopes.toSorted().join(' ');
}

function covers(have: readonly string[], want: readonly string[]): boolean {
  return want.every((scope) => have.some((other) => includesScope(other, scope)));
}

function includesScope(have: string, want: string): boolean {
  const at = want.lastIndexOf(':');
  const actions = new Set(have.slice(have.lastIndexOf(':') + 1).split(','));
  return (
    have.slice(0, have.lastIndexOf(':')) === want.slice(0, at) &&
    want
      .slice(at + 1)
      .split(',')
      .every((action) => actions.has(action))
  );
}
