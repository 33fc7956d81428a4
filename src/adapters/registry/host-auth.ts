import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Clock } from '../../ports/clock.ts';
import { parseChallenge, type Challenge } from './challenge.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { askUntilWhole, readText } from './read-body.ts';
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
  /** Which of several credentials: see `CredentialSource`. */
  readonly turn: number;
  readonly signal: AbortSignal | undefined;
}

export interface HostAuth {
  /** The turn that was accepted last for this repository, else 0. */
  firstTurn(need: Omit<Need, 'turn'>): number;
  /** After `need` was refused: the next turn of a call that began with `first`. Undefined when all have been tried. */
  nextTurn(need: Need, first: number): Promise<number | undefined>;
  /** The registry took what `need` was answered with. */
  accept(need: Need): void;
  /** The header that shows our password, for APIs beside the registry's; undefined when we have none. */
  password(need: Need): Promise<string | undefined>;
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
  readonly turn: number;
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
  const accepted = new Map<string, number>();
  let scheme: Promise<Challenge | undefined> | undefined;

  async function bearer(challenge: BearerChallenge, need: Need): Promise<string> {
    const scopes = [...new Set([...need.scopes, ...(demanded.get(keyOf(need.scopes)) ?? [])])];
    for (const grant of grants) {
      if (grant.turn !== need.turn || !covers(grant.scopes, scopes)) continue;
      const known = await grant.token.catch((error: unknown) => {
        // What was refused together with other scopes may be granted alone.
        if (keyOf(grant.scopes) === keyOf(scopes)) throw error;
      });
      if (known !== undefined && known.expiresAt > options.clock.now()) return known.token;
      if (known !== undefined) grants.delete(grant);
    }
    const grant = { turn: need.turn, scopes, token: renewToken(options, challenge, { ...need, scopes }) };
    grants.add(grant);
    const granted = await grant.token.catch((error: unknown) => {
      // Refused credentials stay refused: asking again for every image could lock the account.
      if (!(error instanceof ChangeoverError && error.code === 'denied')) grants.delete(grant);
      throw error;
    });
    return granted.token;
  }

  return {
    firstTurn: ({ repository }) => accepted.get(repository.path) ?? 0,
    async nextTurn({ repository, turn, signal }, first) {
      const following = turn === first ? 0 : turn + 1;
      const next = following === first ? following + 1 : following;
      return (await options.credentials.find(repository, next, signal)) === undefined ? undefined : next;
    },
    accept: ({ repository, turn }) => void accepted.set(repository.path, turn),
    async password({ repository, turn, signal }) {
      const credentials = await options.credentials.find(repository, turn, signal);
      return credentials?.kind === 'password' ? basic(credentials) : undefined;
    },
    async authorize(need) {
      scheme ??= askScheme(options, need);
      const challenge = await scheme.catch((error: unknown) => {
        scheme = undefined;
        throw error;
      });
      if (challenge === undefined) return undefined;
      if (challenge.kind === 'bearer') return `Bearer ${await bearer(challenge, need)}`;
      const credentials = await options.credentials.find(need.repository, need.turn, need.signal);
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
        return (await options.credentials.find(need.repository, need.turn, need.signal)) !== undefined;
      } else if (sent.startsWith('Basic ')) {
        if (!options.credentials.forget()) return false;
        // The same password would be refused again, and could lock the account.
        const fresh = await options.credentials.find(need.repository, need.turn, need.signal);
        return fresh?.kind === 'password' && basic(fresh) !== sent;
      }
      // Harbor answers an expired or too narrow token with a Basic challenge: a fresh token is the cure there too.
      for (const grant of grants) if (grant.turn === need.turn && covers(grant.scopes, need.scopes)) grants.delete(grant);
      return true;
    },
  };
}

async function askScheme({ base, sender, registry }: HostAuthOptions, { signal }: Need): Promise<Challenge | undefined> {
  const reply = await sender.send({ method: 'GET', url: new URL('/v2/', base), target: registry, repeatable: true, signal });
  await reply.discard();
  return reply.status === 401 ? parseChallenge(reply.headers['www-authenticate'] ?? '') : undefined;
}

/** A token; when the credentials are refused, once more with what helpers and Secrets say now, if that is something else. */
async function renewToken(options: HostAuthOptions, challenge: BearerChallenge, need: Need): Promise<Token> {
  const find = (): Promise<Credentials | undefined> => options.credentials.find(need.repository, need.turn, need.signal);
  const credentials = await find();
  try {
    return await askUntilWhole(() => fetchToken(options, challenge, { need, credentials }));
  } catch (error) {
    if (!(error instanceof ChangeoverError && error.code === 'denied' && options.credentials.forget())) throw error;
    const fresh = await find();
    if (JSON.stringify(fresh) === JSON.stringify(credentials)) throw error;
    return fetchToken(options, challenge, { need, credentials: fresh });
  }
}

interface Login {
  readonly need: Need;
  readonly credentials: Credentials | undefined;
}

async function fetchToken(options: HostAuthOptions, challenge: BearerChallenge, { need, credentials }: Login): Promise<Token> {
  const { registry, base, clock, sender, transport } = options;
  const askedAt = clock.now();
  if (credentials?.kind === 'registry-token') return { token: credentials.token, expiresAt: Number.POSITIVE_INFINITY };
  const target = `${need.repository.registry}/${need.repository.path}`;
  const realm = transport.follow(challenge.realm, base, target);
  const reply = await sender.send({ ...tokenRequest(realm, challenge, need, credentials), target, repeatable: true, signal: need.signal });
  const text = await readText(reply);
  if (reply.status !== 200) {
    // OAuth2 answers a refresh token that is good no more with 400.
    const code = reply.status === 400 ? { code: 'denied' as const } : {};
    throw toRegistryError({ status: reply.status, body: text, retryAfterMs: undefined, action: `login at ${realm.origin}`, target, registry, ...code });
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
