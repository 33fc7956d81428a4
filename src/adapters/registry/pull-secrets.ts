import { ChangeoverError } from '../../core/error.ts';
import type { Candidates } from './credentials.ts';
import { matchAuthKeys } from './match-auth-keys.ts';
import { parseDockerConfig, type DockerConfig } from './schema.ts';

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** A Secret as the cluster gives it: values are base64. */
export interface PullSecret {
  readonly type?: string;
  readonly data?: { readonly [key: string]: string };
}

/** Reads one Secret from the cluster; undefined when it does not exist. */
export type ReadPullSecret = (secret: SecretName, signal: AbortSignal | undefined) => Promise<PullSecret | undefined>;

export interface PullSecrets {
  readonly read: ReadPullSecret;
  /**
   * The pull secrets of pods in the order a kubelet takes them (the pod's, then its service account's): then these alone are the
   * credentials, for every registry. Left out = only where `registries[HOST].auth` names a Secret.
   */
  readonly names?: readonly SecretName[];
}

interface SecretUse {
  /** Whether a Secret that is not there is an error. A kubelet goes on without it, and without one it cannot read. */
  readonly required: boolean;
  /** For messages. */
  readonly field: string;
}

/** The credentials in Secrets of the types `kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg`, read at the first need. */
export function readPullSecrets(read: ReadPullSecret, names: readonly SecretName[], use: SecretUse): Candidates {
  const configs = new Map<SecretName, DockerConfig>();
  return {
    async *list(repository, signal) {
      for (const secret of names) {
        const config = configs.get(secret) ?? readConfig(await read(secret, signal), secret, use);
        configs.set(secret, config);
        yield* matchAuthKeys(config.auths, repository);
      }
    },
    forget() {
      const some = configs.size > 0;
      configs.clear();
      return some;
    },
  };
}

const NOTHING: DockerConfig = { auths: new Map(), credHelpers: new Map(), credsStore: undefined };

function readConfig(secret: PullSecret | undefined, name: SecretName, use: SecretUse): DockerConfig {
  try {
    return toConfig(secret, name, use);
  } catch (error) {
    if (use.required) throw error;
    return NOTHING;
  }
}

function toConfig(secret: PullSecret | undefined, { namespace, name }: SecretName, { field }: SecretUse): DockerConfig {
  const target = `${namespace}/Secret/${name}`;
  const current = secret?.data?.['.dockerconfigjson'];
  const old = secret?.data?.['.dockercfg'];
  if (current !== undefined) return parseDockerConfig(decode(current), target);
  if (old !== undefined) return parseDockerConfig(decode(old), target, 'dockercfg');
  const problem = secret === undefined ? 'does not exist' : 'is not of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg';
  throw new ChangeoverError('usage', `the Secret ${namespace}/${name} that ${field} names ${problem}`, {
    target,
    hint: 'Create it with kubectl create secret docker-registry, or name another one.',
  });
}

function decode(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8');
}
