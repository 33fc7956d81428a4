import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import { openDockerFiles } from './docker-files.ts';
import { readPullSecrets, type PullSecrets } from './pull-secrets.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token: good for the token server only. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: string };

export interface CredentialSource {
  /**
   * Those that fit a repository, one after the other: turn 0 are the best. Undefined = there are no more; at turn 0 that is anonymous.
   * Throws `usage`, `invalid-file` or `denied` naming the variable, file, Secret or helper.
   */
  find(repository: Repository, turn: number, signal: AbortSignal | undefined): Promise<Credentials | undefined>;
  /** Drops what credential helpers and the cluster said, which may have expired. False when nothing could change by that. */
  forget(): boolean;
}

export interface CredentialOptions {
  /** `docker` (default), `env:NAME` or `secret:namespace/name`, as `registries[HOST].auth` has it. */
  readonly auth: string | undefined;
  readonly registry: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly secrets?: PullSecrets | undefined;
}

/** All credentials that fit, lazily and best first. */
export interface Candidates {
  list(repository: Repository, signal: AbortSignal | undefined): AsyncIterable<Credentials>;
  forget(): boolean;
}

/**
 * Where credentials for one registry come from: pull secrets where the client stands in for pods, else what the setting says.
 * Throws `usage` naming the field for a form we do not know, `unsupported` for a Secret where no cluster is at hand.
 */
export function credentialSource(options: CredentialOptions): CredentialSource {
  const candidates = candidatesOf(options);
  return {
    async find(repository, turn, signal) {
      const seen = new Set<string>();
      for await (const credentials of candidates.list(repository, signal)) {
        const key = JSON.stringify(credentials);
        // The same login in two files is one candidate: a wrong one must not be tried twice.
        if (!seen.has(key) && seen.size === turn) return credentials;
        seen.add(key);
      }
      return undefined;
    },
    forget: () => candidates.forget(),
  };
}

function candidatesOf({ auth = 'docker', registry, env, secrets }: CredentialOptions): Candidates {
  const field = `registries["${registry}"].auth`;
  if (secrets?.names) return readPullSecrets(secrets.read, secrets.names, { required: false, field });
  if (auth === 'docker') return openDockerFiles(env);
  if (auth.startsWith('env:')) return { list: () => fromVariable(auth.slice(4), field, env), forget: () => false };
  const [, namespace, name] = /^secret:([^/]+)\/([^/]+)$/.exec(auth) ?? [];
  if (namespace === undefined || name === undefined)
    throw new ChangeoverError('usage', `${field} is "${auth}"`, { target: field, hint: 'Use docker, env:NAME or secret:namespace/name.' });
  if (secrets) return readPullSecrets(secrets.read, [{ namespace, name }], { required: true, field });
  throw new ChangeoverError('unsupported', `${field} names a Kubernetes Secret, and this command talks to no cluster`, {
    target: field,
    hint: 'Use docker or env:NAME.',
  });
}

async function* fromVariable(name: string, field: string, env: CredentialOptions['env']): AsyncGenerator<Credentials> {
  const value = env[name] ?? '';
  const colon = value.indexOf(':');
  if (colon < 1) {
    const problem = value === '' ? 'not set' : 'not of the form user:password';
    throw new ChangeoverError('usage', `the environment variable ${name} is ${problem}`, { target: field, hint: `Set ${name} to user:password.` });
  }
  yield { kind: 'password', username: value.slice(0, colon), password: value.slice(colon + 1) };
}
