import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { ChangeoverError } from '../../core/error.ts';
import type { Repository } from '../../core/image/reference.ts';
import type { Candidates, Credentials } from './credentials.ts';
import { matchAuthKeys } from './match-auth-keys.ts';
import { runCredentialHelper, type HelperOptions } from './run-credential-helper.ts';
import { parseDockerConfig, type DockerConfig } from './schema.ts';

const HUB = 'docker.io';
const HUB_KEY = 'https://index.docker.io/v1/';

/**
 * The credentials in Docker's and podman's files, and of the helpers these name. Files are read and helpers asked at the first need, once.
 * A helper that fails is passed over while there is another candidate.
 */
export function openDockerFiles(env: HelperOptions['env']): Candidates {
  const files = new Map<string, Promise<DockerConfig | undefined>>();
  const helpers = new Map<string, Promise<Credentials | undefined>>();
  return {
    async *list(repository, signal) {
      let failed: unknown;
      let found = false;
      for (const path of configPaths(env)) {
        const config = await once(files, path, () => readConfig(path));
        if (!config) continue;
        const helped = await askHelpers(config, repository, (helper, server) => once(helpers, helper, () => askHelper(helper, server, { env, signal }))).catch(
          (error: unknown) => {
            if (signal?.aborted) helpers.clear();
            failed ??= error;
            return undefined;
          },
        );
        for (const credentials of [...(helped ? [helped] : []), ...matchAuthKeys(config.auths, repository)]) {
          found = true;
          yield credentials;
        }
      }
      if (!found && failed !== undefined) throw failed;
    },
    forget() {
      const some = helpers.size > 0;
      helpers.clear();
      return some;
    },
  };
}

/** Files the user named by variable come first, then podman's, then Docker's. Source: containers-auth.json(5). */
function configPaths(env: HelperOptions['env']): readonly string[] {
  const home = env['HOME'] ?? homedir();
  const runtime = env['XDG_RUNTIME_DIR'];
  const docker = env['DOCKER_CONFIG'];
  return [
    ...(env['REGISTRY_AUTH_FILE'] ? [env['REGISTRY_AUTH_FILE']] : []),
    ...(docker ? [join(docker, 'config.json')] : []),
    ...(runtime ? [join(runtime, 'containers', 'auth.json')] : []),
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers', 'auth.json'),
    ...(docker ? [] : [join(home, '.docker', 'config.json')]),
    join(home, '.dockercfg'),
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
  return parseDockerConfig(text, path, basename(path) === '.dockercfg' ? 'dockercfg' : 'config');
}

/** Docker's order: the host's own helper, else the common store; both before the file's entries. */
async function askHelpers(
  config: DockerConfig,
  { registry }: Repository,
  ask: (helper: string, server: string) => Promise<Credentials | undefined>,
): Promise<Credentials | undefined> {
  const own = config.credHelpers.get(registry) ?? (registry === HUB ? config.credHelpers.get(HUB_KEY) : undefined);
  const helper = own ?? config.credsStore;
  return helper === undefined ? undefined : ask(helper, registry === HUB ? HUB_KEY : registry);
}

async function askHelper(helper: string, server: string, options: HelperOptions): Promise<Credentials | undefined> {
  const answer = await runCredentialHelper(helper, server, options);
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
