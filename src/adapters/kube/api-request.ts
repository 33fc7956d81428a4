import { ChangeoverError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { ListQuery, ObjectRef, Resource } from '../../ports/cluster.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One call of the API, with what error messages need to know about it. */
export interface ApiRequest {
  readonly verb: Verb;
  /** Below the server's URL, with its query. */
  readonly path: string;
  /** `namespace/Kind/name` of the object, or what is listed. */
  readonly target: string;
  /** `deployments.apps in namespace shop`: what a right is needed for. */
  readonly subject: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Largest answer that is accepted, in bytes after decompression; 16 MiB when left out. */
  readonly maxBytes?: number;
  /** Take what fits into `maxBytes` and leave the rest, instead of failing. */
  readonly cut?: boolean;
  /** A create that stores nothing (access reviews): may be sent again. */
  readonly repeatable?: boolean;
}

/** Path of a collection: all namespaces when `namespace` is undefined. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  return resource.namespaced && namespace !== undefined ? `${root}/namespaces/${segment(namespace)}/${resource.plural}` : `${root}/${resource.plural}`;
}

/** Path of one object. An empty name would address the whole collection, so it is refused. */
export function objectPath(ref: ObjectRef): string {
  return `${collectionPath(ref.resource, ref.namespace)}/${segment(ref.name)}`;
}

/** One path segment, escaped. Throws `usage` for names that would address something else. */
export function segment(name: string): string {
  if (name === '' || name === '.' || name === '..')
    throw new ChangeoverError('usage', `"${name}" names no object`, { hint: 'A workload is named namespace/kind/name.' });
  return encodeURIComponent(name);
}

/** `?a=b&c=d` of what is defined; an empty string when nothing is. */
export function queryString(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? '' : `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}`;
}

/** Reads one object. */
export function readRequest(ref: ObjectRef): ApiRequest {
  return { verb: 'get', path: objectPath(ref), ...aboutObject(ref) };
}

/** Asks the server about ourselves: a create that stores nothing, so it may be sent again. */
export function reviewRequest(apiVersion: string, kind: string, spec?: JsonObject): ApiRequest {
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
  return { verb: 'create', path, target: kind, subject: kind, body: JSON.stringify({ apiVersion, kind, spec }), repeatable: true };
}

/** What messages say about a call on one object. */
export function aboutObject(ref: ObjectRef): Pick<ApiRequest, 'target' | 'subject'> {
  const { resource, namespace, name } = ref;
  return { target: `${namespace}/${resource.kind}/${name}`, subject: subjectOf(resource, resource.namespaced ? namespace : undefined) };
}

/** What messages say about a call on a collection. */
export function aboutList({ resource, namespace }: ListQuery): Pick<ApiRequest, 'target' | 'subject'> {
  const subject = subjectOf(resource, namespace);
  return { target: subject, subject };
}

/** The reference of an object that carries its kind: plurals are formed as the API server's own kinds form them. */
export function refOfObject({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const lower = kind.toLowerCase();
  const plural = /(?:s|x|ch|sh)$/.test(lower) ? `${lower}es` : /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
  const { namespace = '', name } = metadata;
  return { resource: { apiVersion, kind, plural, namespaced: namespace !== '' }, namespace, name };
}

function subjectOf({ apiVersion, plural, namespaced }: Resource, namespace: string | undefined): string {
  const [group, version] = apiVersion.split('/');
  const resource = version === undefined ? plural : `${plural}.${group}`;
  if (!namespaced) return resource;
  return namespace === undefined ? `${resource} in all namespaces` : `${resource} in namespace ${namespace}`;
}
