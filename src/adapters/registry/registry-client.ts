import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Clock } from '../../ports/clock.ts';
import { credentialSource } from './credentials.ts';
import { createHostAuth, type HostAuth, type Need } from './host-auth.ts';
import type { PullSecrets } from './pull-secrets.ts';
import { readText } from './read-body.ts';
import { toRegistryError } from './registry-error.ts';
import { parseJson } from './schema.ts';
import { createSender, retryAfterMs } from './sender.ts';
import { openTransport, type Transport, type WireBody, type WireReply, type WireRequest } from './transport.ts';

export interface RegistryClientOptions {
  readonly settings: Policy['registries'];
  /** Paths in the settings are relative to this folder. */
  readonly directory: string;
  /** For credentials (DOCKER_CONFIG, HOME, PATH and the variables `auth: env:NAME` names) and proxies (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly env: { readonly [name: string]: string | undefined };
  /** How to read Kubernetes Secrets, for `auth: secret:namespace/name` and for standing in for a pod. Left out = no cluster is at hand. */
  readonly secrets?: PullSecrets;
  readonly clock: Clock;
}

export interface RegistryCall {
  readonly method: WireRequest['method'];
  readonly repository: Repository;
  /** Below `/v2/<repository>/`, or a URL the registry itself gave us. */
  readonly to: string | URL;
  /** What the token must allow on the repository. */
  readonly access: 'pull' | 'pull,push' | 'pull,delete';
  /** A second repository of the same registry to read from. */
  readonly alsoPull?: Repository | undefined;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: WireBody;
  /** Statuses that are an answer; everything else is thrown. */
  readonly accept: readonly number[];
  /** What is asked, as a phrase for messages: `upload of sha256:…`. */
  readonly action: string;
  /** `registry/repository[:tag]`. */
  readonly target: string;
  /** Not for a request that opens or consumes something on the server. Default: yes. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface AskOptions {
  /** Leaves our credentials out. */
  readonly anonymous: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Authenticated requests to registries; redirects followed, errors mapped. */
export interface RegistryClient {
  /** An answer with one of the accepted statuses; its body must be read or dumped. */
  call(call: RegistryCall): Promise<WireReply>;
  /** Reads a JSON document of the registry's own API (not the OCI one), with the password it knows us by; undefined when there is none for us. */
  ask(repository: Repository, path: string, options: AskOptions): Promise<unknown>;
  /** An upload location of an answer as a URL, checked. */
  location(reply: WireReply, repository: Repository): URL;
  readonly transport: Transport;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;

/** Opens a client; nothing is sent yet. Throws `unsupported` or `usage` for an `auth` setting we cannot serve. */
export function openRegistryClient({ settings, directory, env, clock, secrets }: RegistryClientOptions): RegistryClient {
  const transport = openTransport({ settings, directory, env });
  const sender = createSender(transport, clock);
  const sources = new Map(Object.keys(settings).map((host) => [host, credentialSource({ auth: settings[host]?.auth, registry: host, env, secrets })]));
  const hosts = new Map<string, HostAuth>();

  function authOf(registry: string): HostAuth {
    const known = hosts.get(registry);
    if (known) return known;
    const credentials = sources.get(registry) ?? credentialSource({ auth: undefined, registry, env, secrets });
    const auth = createHostAuth({ registry, base: transport.baseUrl(registry), transport, sender, credentials, clock });
    hosts.set(registry, auth);
    return auth;
  }

  async function fail(reply: WireReply, call: RegistryCall): Promise<never> {
    const body = await readText(reply);
    const { action, target } = call;
    throw toRegistryError({ status: reply.status, body, retryAfterMs: retryAfterMs(reply, clock.now()), action, target, registry: call.repository.registry });
  }

  return {
    transport,
    location(reply, repository) {
      const target = `${repository.registry}/${repository.path}`;
      const from = new URL(`/v2/${repository.path}/blobs/uploads/`, transport.baseUrl(repository.registry));
      return transport.follow(reply.headers['location'] ?? '', from, target);
    },
    async ask(repository, path, { anonymous, signal }) {
      const url = new URL(path, transport.baseUrl(repository.registry));
      const login = anonymous ? undefined : await authOf(repository.registry).password({ repository, scopes: [], turn: 0, signal });
      const headers = { accept: 'application/json', ...(login === undefined ? {} : { authorization: login }) };
      const reply = await sender.send({ method: 'GET', url, headers, target: repository.registry, repeatable: true, signal });
      const text = await readText(reply);
      return reply.status === 200 ? parseJson(text) : undefined;
    },
    async call(call) {
      const { method, repository, signal, target, repeatable = true } = call;
      const base = transport.baseUrl(repository.registry);
      const attempt = createAttempt(authOf(repository.registry), { repository, scopes: scopesOf(call), signal });
      const body = call.body === undefined ? {} : { body: call.body };
      let url = typeof call.to === 'string' ? new URL(`/v2/${repository.path}/${call.to}`, base) : call.to;
      for (let redirects = 0; ;) {
        // Credentials are for the registry's own origin, never for where it sends us.
        const own = url.origin === base.origin;
        const authorization = own ? await attempt.authorize() : undefined;
        const headers = { ...call.headers, ...(authorization === undefined ? {} : { authorization }) };
        const reply = await sender.send({ method, url, headers, ...body, target, repeatable, signal });
        const location = redirectOf(reply, method);
        if (call.accept.includes(reply.status)) {
          attempt.succeed();
          return reply;
        } else if (location !== undefined && redirects < MAX_REDIRECTS) {
          redirects += 1;
          url = transport.follow(location, url, target);
        } else if (!own || !(await attempt.mayRepeat(reply, authorization))) {
          return fail(reply, call);
        }
        await reply.discard();
      }
    },
  };
}

/** Who one call is made as: other credentials take their turn when some are refused. */
interface Attempt {
  /** The Authorization header. Throws `denied` when no credentials get a token. */
  authorize(): Promise<string | undefined>;
  /** Whether it is worth asking again after this answer to what was sent. */
  mayRepeat(reply: WireReply, sent: string | undefined): Promise<boolean>;
  succeed(): void;
}

function createAttempt(auth: HostAuth, access: Omit<Need, 'turn'>): Attempt {
  const first = auth.firstTurn(access);
  // One more try after an anonymous request was refused, and one after each of the credentials was.
  const refused = new Set<'anonymous' | 'authorized'>();
  let need: Need = { ...access, turn: first };

  async function takeTurn(): Promise<boolean> {
    const turn = await auth.nextTurn(need, first);
    if (turn === undefined) return false;
    need = { ...need, turn };
    refused.delete('authorized');
    return true;
  }

  async function authorize(): Promise<string | undefined> {
    try {
      return await auth.authorize(need);
    } catch (error) {
      if (error instanceof ChangeoverError && error.code === 'denied' && (await takeTurn())) return authorize();
      throw error;
    }
  }

  return {
    authorize,
    async mayRepeat({ status, headers }, sent) {
      const as = sent === undefined ? 'anonymous' : 'authorized';
      if (status === 401 && !refused.has(as) && (await auth.learn(headers['www-authenticate'] ?? '', need, sent))) {
        refused.add(as);
        return true;
      }
      return (status === 401 || status === 403) && sent !== undefined && takeTurn();
    },
    succeed: () => auth.accept(need),
  };
}

function redirectOf(reply: WireReply, method: WireRequest['method']): string | undefined {
  return REDIRECTS.has(reply.status) && (method === 'GET' || method === 'HEAD') ? reply.headers['location'] : undefined;
}

/** What is pushed to comes first: some token servers read only the first scope. */
function scopesOf({ repository, access, alsoPull }: RegistryCall): readonly string[] {
  return [`repository:${repository.path}:${access}`, ...(alsoPull === undefined ? [] : [`repository:${alsoPull.path}:pull`])];
}
