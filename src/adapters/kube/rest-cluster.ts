import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cluster, ObjectRef, WriteOptions } from '../../ports/cluster.ts';
import type { Api } from './api.ts';
import { aboutObject, collectionPath, objectPath, queryString, readRequest, refOfObject, segment, type ApiRequest } from './api-request.ts';
import { identify } from './identify.ts';
import { listAll } from './list.ts';
import { reviewAccess } from './review-access.ts';
import { watchAll } from './watch.ts';

const FIELD_MANAGER = 'changeover';

export interface RestClusterOptions {
  readonly clock: Clock;
  /** Part of the cluster's identity where the namespace `kube-system` may not be read. */
  readonly ca: string | undefined;
  readonly close: () => Promise<void>;
}

/** The port `Cluster` over an API server's REST interface; objects pass through as raw JSON. */
export function createRestCluster(api: Api, { clock, ca, close }: RestClusterOptions): Cluster {
  const write = async (request: ApiRequest, options: WriteOptions): Promise<KubeObject> => (await api.json(request, options.signal)) as KubeObject;
  return {
    identity: (signal) => identify(api, ca, signal),
    get: async (ref, signal) => (await api.find(readRequest(ref), signal)) as KubeObject | undefined,
    list: async (query, signal) => (await listAll(api, query, signal)).items,
    watch: (query, signal) => watchAll(api, query, { clock, signal }),
    create: async (object, options = {}) => {
      const ref = refOfObject(object);
      const path = collectionPath(ref.resource, ref.namespace) + writeQuery(options);
      return await write({ verb: 'create', path, ...aboutObject(ref), body: JSON.stringify(object) }, options);
    },
    replace: async (object, options = {}) => {
      const ref = refOfObject(object);
      return await write({ verb: 'update', path: objectPath(ref) + writeQuery(options), ...aboutObject(ref), body: JSON.stringify(object) }, options);
    },
    patch: async (ref, ops, options = {}) => {
      const request = {
        verb: 'patch',
        path: objectPath(ref) + writeQuery(options),
        ...aboutObject(ref),
        body: JSON.stringify(ops),
        contentType: 'application/json-patch+json',
      } as const;
      return await write(request, options);
    },
    delete: async (ref, options = {}) => {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(options.uid === undefined && options.resourceVersion === undefined
          ? {}
          : { preconditions: { uid: options.uid, resourceVersion: options.resourceVersion } }),
        ...(options.dryRun ? { dryRun: ['All'] } : {}),
      };
      await api.json({ verb: 'delete', path: objectPath(ref), ...aboutObject(ref), body: JSON.stringify(body) }, options.signal);
    },
    logs: async ({ namespace, pod, container, limitBytes, previous, tailLines }, signal) => {
      const ref: ObjectRef = { resource: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, namespace, name: pod };
      const path = `${objectPath(ref)}/log${queryString({ container, limitBytes, previous, tailLines })}`;
      const target = `${aboutObject(ref).target}[${container}]`;
      return await api.text({ verb: 'get', path, target, subject: `pods/log in namespace ${namespace}`, maxBytes: limitBytes, cut: true }, signal);
    },
    can: (queries, signal) => reviewAccess(api, queries, signal),
    serverTime: (signal) => api.date({ verb: 'get', path: '/version', target: api.peer.server, subject: 'version' }, signal),
    serviceJson: (service, path, signal) => readService(api, service, { path, signal }),
    close,
  };
}

function writeQuery({ dryRun }: WriteOptions): string {
  return queryString({ fieldManager: FIELD_MANAGER, dryRun: dryRun ? 'All' : undefined });
}

/** `service` is `namespace/name:port`, also `namespace/https:name:port`. */
async function readService(api: Api, service: string, { path, signal }: { readonly path: string; readonly signal: AbortSignal | undefined }): Promise<Json> {
  const [namespace = '', name = ''] = service.split('/');
  const root = `/api/v1/namespaces/${segment(namespace)}/services/${segment(name)}/proxy`;
  const target = `service ${service}`;
  const request = { verb: 'get', path: `${root}/${path.replace(/^\//, '')}`, target, subject: `services/proxy in namespace ${namespace}` } as const;
  const text = await api.text(request, signal);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new ChangeoverError('unreachable', `${target} did not answer with JSON at ${path}`, { target, hint: 'Check its name and port.', cause });
  }
}
