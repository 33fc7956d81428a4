import { ChangeoverError } from '../error.ts';

/** A repository on a registry: `registry.example.com:5000` + `team/app`. */
export interface Repository {
  /** Host with port, as used on the wire (`registry-1.docker.io` stays an adapter's business: here `docker.io`). */
  readonly registry: string;
  readonly path: string;
}

/** An image reference as written, with Docker Hub's defaults filled in. No tag and no digest = the runtime's default tag, `latest`. */
export interface ImageReference {
  readonly repository: Repository;
  readonly tag?: string;
  /** `sha256:…`, lower case. Runtimes ignore the tag when a digest is there. */
  readonly digest?: string;
}

const HOST = /^(?:(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::\d+)?$/;
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const IMAGE_ID = /^[a-f0-9]{64}$/;

/**
 * Parses `[registry/]path[:tag][@digest]` by Docker's rules: a first component with a dot or a port, or `localhost`, is the registry,
 * anything else is on Docker Hub (`nginx` = `docker.io/library/nginx`).
 * Throws `usage` naming the text. Grammar: github.com/distribution/reference.
 */
export function parseImageReference(text: string): ImageReference {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const { registry, rest } = splitRegistry(name);
  const colon = rest.indexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const path = defaultPath(registry, colon < 0 ? rest : rest.slice(0, colon));

  const problem = IMAGE_ID.test(text) ? 'it is the id of a local image, not a name' : findProblem({ registry, path, tag, digest });
  if (problem !== undefined) {
    throw new ChangeoverError('usage', `not an image reference: ${problem}`, {
      target: text,
      hint: 'Write it as registry.example.com/team/app:tag or registry.example.com/team/app@sha256:….',
    });
  }
  return { repository: { registry, path }, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** The reference with its registry always named, so that it means the same on every container runtime. */
export function formatReference(reference: ImageReference): string {
  const { repository, tag, digest } = reference;
  return `${repository.registry}/${repository.path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The repository as people write it: Docker Hub's own prefix is left out (`nginx`, `team/app`, `registry.example.com/team/app`). */
export function repositoryName(repository: Repository): string {
  if (repository.registry !== 'docker.io') return `${repository.registry}/${repository.path}`;
  const short = repository.path.replace(/^library\/(?=[^/]+$)/, '');
  return short.includes('/') && namesRegistry(short.slice(0, short.indexOf('/'))) ? `docker.io/${short}` : short;
}

function splitRegistry(name: string): { registry: string; rest: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (slash < 0 || !namesRegistry(first)) return { registry: 'docker.io', rest: name };
  return { registry: first === 'index.docker.io' ? 'docker.io' : first, rest: name.slice(slash + 1) };
}

function namesRegistry(component: string): boolean {
  return /[.:A-Z]/.test(component) || component === 'localhost';
}

function defaultPath(registry: string, path: string): string {
  return registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
}

interface Parts {
  readonly registry: string;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

function findProblem({ registry, path, tag, digest }: Parts): string | undefined {
  if (!HOST.test(registry)) return `"${registry}" is not a registry host`;
  if (!PATH.test(path)) return path.toLowerCase() === path ? `"${path}" is not a repository path` : `the repository path "${path}" must be lower case`;
  if (path.length > 255) return 'its repository path is longer than 255 characters';
  if (tag !== undefined && !TAG.test(tag)) return `"${tag}" is not a tag`;
  if (digest !== undefined && !DIGEST.test(digest)) return `"${digest}" is not a digest (sha256: and 64 lower-case hex digits)`;
  return undefined;
}
