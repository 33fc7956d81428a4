import type { Repository } from '../../core/image/reference.ts';
import { matchesGlob } from '../../core/policy/glob.ts';

const HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * The entries of a credentials file that fit a repository, the most specific first. A key is a host, which may have `*` within its labels
 * (`*.example.com` stands for one label more, never for several), with its port where the registry has one, and may go on with the first
 * components of the path. Source: containers-auth.json(5); kubernetes.io, "Images", matching of registry credentials.
 */
export function matchAuthKeys<T>(entries: ReadonlyMap<string, T>, repository: Repository): readonly T[] {
  const hosts = repository.registry === 'docker.io' ? HUB_HOSTS : [repository.registry];
  return [...entries]
    .filter(([key]) => hosts.some((host) => fits(key, host, repository.path)))
    .toSorted(([one], [other]) => rank(other) - rank(one))
    .map(([, entry]) => entry);
}

/** The key of an `auths` entry without what does not tell registries apart: scheme, the API's version, a slash at the end. */
export function plainAuthKey(key: string): string {
  return key
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/^([^/]+)\/v[12](?=\/|$)/, '$1');
}

function fits(key: string, host: string, path: string): boolean {
  const [pattern = '', ...prefix] = key.split('/');
  const parts = path.split('/');
  return hostFits(pattern, host) && prefix.length <= parts.length && prefix.every((part, index) => part === parts[index]);
}

function hostFits(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern.toLowerCase() === host.toLowerCase();
  const [names = '', port] = pattern.toLowerCase().split(':');
  const [hostNames = '', hostPort] = host.toLowerCase().split(':');
  const labels = names.split('.');
  const hostLabels = hostNames.split('.');
  return port === hostPort && labels.length === hostLabels.length && labels.every((label, index) => matchesGlob(label, hostLabels[index] ?? ''));
}

/** Longer paths first, then hosts without a `*`. */
function rank(key: string): number {
  return key.split('/').length * 2 - (key.includes('*') ? 1 : 0);
}
