import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import { runCredentialHelper } from './run-credential-helper.ts';
import { parseDockerConfig, type DockerConfig } from './schema.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token: good for the token server only. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: string };

export interface CredentialSource {
  /** Undefined = anonymous. Throws `usage`, `invalid-file` or `denied` naming the variable, file or helper. */
  find(repository: Repository, signal: AbortSignal | undefined): Promise<Credentials | undefined>;
  /** Drops what credential helpers said, which may have expired. False when nothing could change by that. */
  forget(): boolean;
}

export interface CredentialOptions {
  /** `docker` (default) or `env:NAME`, as `registries[HOST].auth` has it. */
  readonly auth: string | undefined;
  readonly registry: string;
  readonly env: { readonly [name: string]: string | undefined };
}

const HUB = 'docker.io';
const HUB_KEY = 'https://index.docker.io/v1/';

/** Where credentials for one registry come from. Throws `unsupported` or `usage` naming the field for a form we cannot serve. */
export function credentialSource({ auth = 'docker', registry, env }: CredentialOptions): CredentialSource {
  const field = `registries["${registry}"].auth`;
  if (auth === 'docker') {
    const known: Known = { files: new Map(), helpers: new Map() };
    return {
      find: (repository, signal) => findInDockerFiles(repository, known, { env, signal }),
      forget: () => {
        const some = known.helpers.size > 0;
        known.helpers.clear();
        return some;
      },
    };
  }
  if (auth.startsWith('env:')) return { find: async () => fromVariable(auth.slice(4), field, env), forget: () => false };
  if (auth.startsWith('secret:')) {
    throw new ChangeoverError('unsupported', `${field} names a Kubernetes Secret, which is not supported yet`, {
      target: field,
      hint: 'Use docker or env:NAME.',
    });
  }
  throw new ChangeoverError('usage', `${field} is "${auth}"`, { target: field, hint: 'Use docker or env:NAME.' });
}

function fromVariable(name: string, field: string, env: CredentialOptions['env']): Credentials {
  const value = env[name] ?? '';
  const colon = value.indexOf(':');
  if (colon < 1) {
    const problem = value === '' ? 'not set' : 'not of the form user:password';
    throw new ChangeoverError('usage', `the environment variable ${name} is ${problem}`, { target: field, hint: `Set ${name} to user:password.` });
  }
  return { kind: 'password', username: value.slice(0, colon), password: value.slice(colon + 1) };
}

/** What was read before: files and the answers of helpers are asked for once. */
interface Known {
  readonly files: Map<string, Promise<DockerConfig | undefined>>;
  readonly helpers: Map<string, Promise<Credentials | undefined>>;
}

interface Lookup {
  readonly env: CredentialOptions['env'];
  readonly signal: AbortSignal | undefined;
}

/** The first file with an entry for the repository wins. */
async function findInDockerFiles(repository: Repository, known: Known, lookup: Lookup): Promise<Credentials | undefined> {
  for (const path of configPaths(lookup.env)) {
    const config = await once(known.files, path, () => readConfig(path));
    const found = config && (await findInConfig(config, repository, (helper, server) => once(known.helpers, helper, () => askHelper(helper, server, lookup))));
    if (found) return found;
  }
  return undefined;
}

/** Files the user named by variable come first, then podman's, then Docker's. Source: containers-auth.json(5). */
function configPaths(env: CredentialOptions['env']): readonly string[] {
  const home = env['HOME'] ?? homedir();
  const runtime = env['XDG_RUNTIME_DIR'];
  const docker = env['DOCKER_CONFIG'];
  return [
    ...(env['REGISTRY_AUTH_FILE'] ? [env['REGISTRY_AUTH_FILE']] : []),
    ...(docker ? [join(docker, 'config.json')] : []),
    ...(runtime ? [join(runtime, 'containers', 'auth.json')] : []),
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers', 'auth.json'),
    ...(docker ? [] : [join(home, '.docker', 'config.json')]),
  ];
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw new ChangeoverError('invalid-file', `the registry credentials cannot be read: ${String(error)}`, { target: path, cause: error });
  }
  return parseDockerConfig(text, path);
}

/** Docker's order: the host's own helper, the common store, then the file. Of several entries the longest path prefix wins. */
async function findInConfig(
  config: DockerConfig,
  repository: Repository,
  ask: (helper: string, server: string) => Promise<Credentials | undefined>,
): Promise<Credentials | undefined> {
  const host = repository.registry;
  const server = host === HUB ? HUB_KEY : host;
  const helper = config.credHelpers.get(host) ?? (host === HUB ? config.credHelpers.get(HUB_KEY) : undefined) ?? config.credsStore;
  const answer = helper === undefined ? undefined : await ask(helper, server);
  if (answer) return answer;
  const key = entryKeys(repository).find((candidate) => config.auths.has(candidate));
  return key === undefined ? undefined : config.auths.get(key);
}

async function askHelper(helper: string, server: string, lookup: Lookup): Promise<Credentials | undefined> {
  const answer = await runCredentialHelper(helper, server, lookup);
  if (answer === undefined) return undefined;
  const { username, secret } = answer;
  return username === '<token>' ? { kind: 'identity-token', token: secret } : { kind: 'password', username, password: secret };
}

function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const existing = made.get(key);
  if (existing) return existing;
  const created = make();
  made.set(key, created);
  return created;
}

function entryKeys({ registry, path }: Repository): readonly string[] {
  const parts = path.split('/');
  const prefixes = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join('/')}`);
  return [...prefixes, registry, ...(registry === HUB ? ['index.docker.io', 'registry-1.docker.io'] : [])];
}
