import type { Repository } from '../../core/image/reference.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Clock } from '../../ports/clock.ts';
import { credentialSource } from './credentials.ts';
import { createHostAuth, type HostAuth } from './host-auth.ts';
import { readText } from './read-body.ts';
import { toRegistryError } from './registry-error.ts';
import { createSender, retryAfterMs } from './sender.ts';
import { openTransport, type Transport, type WireReply, type WireRequest } from './transport.ts';

export interface RegistryClientOptions {
  readonly settings: Policy['registries'];
  /** Paths in the settings are relative to this folder. */
  readonly directory: string;
  /** For credentials: DOCKER_CONFIG, HOME, PATH and the variables `auth: env:NAME` names. */
  readonly env: { readonly [name: string]: string | undefined };
  readonly clock: Clock;
}

export interface RegistryCall {
  readonly method: WireRequest['method'];
  readonly repository: Repository;
  /** Below `/v2/<repository>/`, or a URL the registry itself gave us. */
  readonly to: string | URL;
  /** What the token must allow: `pull` or `pull,push` on the repository. */
  readonly access: 'pull' | 'pull,push';
  /** A second repository of the same registry to read from. */
  readonly alsoPull?: Repository | undefined;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array;
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

/** Authenticated requests to registries; redirects followed, errors mapped. */
export interface RegistryClient {
  /** An answer with one of the accepted statuses; its body must be read or dumped. */
  call(call: RegistryCall): Promise<WireReply>;
  /** An upload location of an answer as a URL, checked. */
  location(reply: WireReply, repository: Repository): URL;
  readonly transport: Transport;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;

/** Opens a client; nothing is sent yet. Throws `unsupported` or `usage` for an `auth` setting we cannot serve. */
export function openRegistryClient({ settings, directory, env, clock }: RegistryClientOptions): RegistryClient {
  const transport = openTransport({ settings, directory });
  const sender = createSender(transport, clock);
  const sources = new Map(Object.keys(settings).map((host) => [host, credentialSource({ auth: settings[host]?.auth, registry: host, env })]));
  const hosts = new Map<string, HostAuth>();

  function authOf(registry: string): HostAuth {
    const known = hosts.get(registry);
    if (known) return known;
    const credentials = sources.get(registry) ?? credentialSource({ auth: undefined, registry, env });
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
    async call(call) {
      const { method, repository, signal, target } = call;
      const base = transport.baseUrl(repository.registry);
      const auth = authOf(repository.registry);
      const need = { repository, scopes: scopesOf(call), signal };
      // One more try after an anonymous request was refused, and one after credentials were.
      const refused = new Set<'anonymous' | 'authorized'>();
      let url = typeof call.to === 'string' ? new URL(`/v2/${repository.path}/${call.to}`, base) : call.to;
      for (let redirects = 0; ;) {
        // Credentials are for the registry's own origin, never for where it sends us.
        const own = url.origin === base.origin;
        const authorization = own ? await auth.authorize(need) : undefined;
        const headers = { ...call.headers, ...(authorization === undefined ? {} : { authorization }) };
        const body = call.body === undefined ? {} : { body: call.body };
        const reply = await sender.send({ method, url, headers, ...body, target, repeatable: call.repeatable ?? true, signal });
        if (call.accept.includes(reply.status)) return reply;
        const as = authorization === undefined ? 'anonymous' : 'authorized';
        const location = redirectOf(reply, method);
        if (location !== undefined && redirects < MAX_REDIRECTS) {
          redirects += 1;
          url = transport.follow(location, url, target);
        } else if (own && reply.status === 401 && !refused.has(as) && (await auth.learn(reply.headers['www-authenticate'] ?? '', need, authorization))) {
          refused.add(as);
        } else {
          return fail(reply, call);
        }
        await reply.discard();
      }
    },
  };
}

function redirectOf(reply: WireReply, method: WireRequest['method']): string | undefined {
  return REDIRECTS.has(reply.status) && (method === 'GET' || method === 'HEAD') ? reply.headers['location'] : undefined;
}

/** What is pushed to comes first: some token servers read only the first scope. */
function scopesOf({ repository, access, alsoPull }: RegistryCall): readonly string[] {
  return [`repository:${repository.path}:${access}`, ...(alsoPull === undefined ? [] : [`repository:${alsoPull.path}:pull`])];
}
