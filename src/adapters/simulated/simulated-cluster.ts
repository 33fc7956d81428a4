import { ChangeoverError } from '../../core/error.ts';
import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { AccessQuery, Cluster, ListQuery, LogQuery, ObjectRef, WatchEvent, WriteOptions } from '../../ports/cluster.ts';
import { admitObject } from './admit-object.ts';
import { applyJsonPatch } from './apply-json-patch.ts';
import { describe, keyOf, type ObjectKey, type ObjectStore, type StoreChange } from './object-store.ts';
import { fieldSelector, labelSelector } from './selectors.ts';
import { WatchQueue } from './watch-queue.ts';

export interface SimulatedClusterOptions {
  readonly store: ObjectStore;
  /** Text of a container's log from its start; throws what the kubelet would say. */
  readonly logs: (query: Pick<LogQuery, 'namespace' | 'pod' | 'container' | 'previous'>) => string;
  /** What admission makes of a pod; throws where it takes none. */
  readonly admitPod?: (pod: KubeObject) => KubeObject;
  /** What admission webhooks write into an object that is patched, before it is stored; throws where they refuse it. */
  readonly mutate?: (object: KubeObject) => KubeObject;
  readonly user?: string;
  /** What this user may not do. */
  readonly denies?: (query: AccessQuery) => boolean;
  /** Answers of services behind the API server's proxy. */
  readonly services?: (service: string, path: string) => Json | undefined;
}

/** Kinds whose status only their controllers write. */
const OWN_STATUS = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'CronJob', 'Pod', 'Namespace']);

/** An API server over an in-memory store, as one user sees it. Every call is one atomic step in virtual no-time. */
export function simulatedCluster(options: SimulatedClusterOptions): Cluster {
  const { store } = options;
  const allow = (verb: string, at: { readonly apiVersion: string; readonly plural: string; readonly namespace?: string }, subresource?: string): void =>
    checkAccess(options, {
      verb,
      group: groupOf(at.apiVersion),
      resource: at.plural,
      ...(subresource ? { subresource } : {}),
      ...(at.namespace ? { namespace: at.namespace } : {}),
    });
  return {
    identity: async (signal) => {
      checkSignal(signal);
      const id = store.get({ apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'kube-system' })?.metadata.uid ?? '';
      return { id, server: 'https://simulated.invalid', version: 'v1.37.0', user: options.user ?? 'simulated-admin' };
    },
    get: async (ref, signal) => {
      checkSignal(signal);
      allow('get', { ...ref.resource, namespace: ref.namespace });
      return store.get(keyOfRef(ref));
    },
    list: async (query, signal) => {
      checkSignal(signal);
      allow('list', { ...query.resource, ...scopeOf(query) });
      return select(store, query);
    },
    watch: (query, signal) => {
      allow('watch', { ...query.resource, ...scopeOf(query) });
      return watch(store, query, signal);
    },
    create: async (object, write) => {
      checkSignal(write?.signal);
      allow('create', { apiVersion: object.apiVersion, plural: pluralOf(object.kind), ...inNamespace(object) });
      checkNamespace(store, object);
      const { status, ...rest } = admitObject(object.kind === 'Pod' && options.admitPod ? options.admitPod(object) : object);
      const fresh = { ...rest, ...(status === undefined || OWN_STATUS.has(object.kind) ? {} : { status }) };
      return write?.dryRun ? store.prepareNew(fresh) : store.insert(fresh);
    },
    replace: async (object, write) => {
      checkSignal(write?.signal);
      allow('update', { apiVersion: object.apiVersion, plural: pluralOf(object.kind), ...inNamespace(object) });
      const current = existing(store, keyOf(object));
      const { resourceVersion } = object.metadata;
      if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) throw modified(keyOf(object));
      return storeUpdate(store, current, { next: object, ...write });
    },
    patch: async (ref, ops, write) => {
      checkSignal(write?.signal);
      allow('patch', { ...ref.resource, namespace: ref.namespace });
      const current = existing(store, keyOfRef(ref));
      const patched = applyJsonPatch(current, ops, describe(keyOfRef(ref))) as KubeObject;
      const next = options.mutate ? options.mutate(patched) : patched;
      return storeUpdate(store, current, { next, ...write });
    },
    delete: async (ref, write) => {
      checkSignal(write?.signal);
      allow('delete', { ...ref.resource, namespace: ref.namespace });
      const current = existing(store, keyOfRef(ref));
      if (write?.uid !== undefined && write.uid !== current.metadata.uid) {
        throw new ChangeoverError('conflict', `${describe(keyOfRef(ref))} has another uid now`, { target: describe(keyOfRef(ref)) });
      }
      if (write?.resourceVersion !== undefined && write.resourceVersion !== current.metadata.resourceVersion) throw modified(keyOfRef(ref));
      if (!write?.dryRun) remove(store, current);
    },
    logs: async (query, signal) => {
      checkSignal(signal);
      allow('get', { apiVersion: 'v1', plural: 'pods', namespace: query.namespace }, 'log');
      const text = options.logs(query);
      const lines = query.tailLines === undefined ? text : lastLines(text, query.tailLines);
      return Buffer.from(lines).subarray(0, query.limitBytes).toString('utf8');
    },
    can: async (queries, signal) => {
      checkSignal(signal);
      return queries.map((query) => options.denies?.(query) !== true);
    },
    serviceJson: async (service, path, signal) => {
      checkSignal(signal);
      const answer = options.services?.(service, path);
      if (answer === undefined) throw new ChangeoverError('unreachable', `no endpoint of service ${service} answers`, { target: service });
      return answer;
    },
    close: async () => undefined,
  };
}

function storeUpdate(store: ObjectStore, current: KubeObject, write: WriteOptions & { readonly next: KubeObject }): KubeObject {
  const { status: _status, ...rest } = write.next;
  const status = OWN_STATUS.has(current.kind) ? current['status'] : write.next['status'];
  if (write.next.metadata.name !== current.metadata.name) {
    throw new ChangeoverError('refused', `${current.kind} ${JSON.stringify(current.metadata.name)} is invalid: metadata.name: field is immutable`, {
      target: describe(keyOf(current)),
    });
  }
  const next = admitObject({ ...(rest as KubeObject), ...(status === undefined ? {} : { status }) }, current);
  return write.dryRun ? store.prepareUpdate(current, next) : store.update(current, next);
}

function select(store: ObjectStore, query: ListQuery): readonly KubeObject[] {
  const matches = matcher(query);
  return store.list(query.resource.apiVersion, query.resource.kind, query.namespace).filter(matches);
}

function matcher(query: ListQuery): (object: KubeObject) => boolean {
  const labels = labelSelector(query.labelSelector);
  const fields = fieldSelector(query.fieldSelector);
  return (object) => labels(object) && fields(object);
}

function watch(store: ObjectStore, query: ListQuery, signal: AbortSignal): AsyncIterable<WatchEvent> {
  const matches = matcher(query);
  const { apiVersion, kind } = query.resource;
  const concerns = ({ object }: StoreChange): boolean =>
    object.apiVersion === apiVersion && object.kind === kind && (query.namespace === undefined || object.metadata.namespace === query.namespace);
  const stop = store.subscribe((change) => {
    const event = concerns(change) ? asSeen(change, matches) : undefined;
    if (event) queue.push(event);
  });
  const queue = new WatchQueue<WatchEvent>(signal, stop);
  queue.push({ kind: 'relisted', objects: select(store, query) });
  return queue;
}

/** A change as a selective watcher sees it: entering the selection is `added`, leaving it is `deleted`. */
function asSeen(change: StoreChange, matches: (object: KubeObject) => boolean): WatchEvent | undefined {
  const was = change.previous !== undefined && matches(change.previous);
  const is = change.kind !== 'deleted' && matches(change.object);
  if (!was && !is) return undefined;
  return { kind: is ? (was ? 'modified' : 'added') : 'deleted', object: change.object };
}

function remove(store: ObjectStore, object: KubeObject): void {
  if (object.kind === 'Pod') return void store.markDeleted(object);
  store.remove(keyOf(object));
}

function existing(store: ObjectStore, key: ObjectKey): KubeObject {
  const found = store.get(key);
  if (!found) throw new ChangeoverError('not-found', `${describe(key)} does not exist`, { target: describe(key) });
  return found;
}

function modified(key: ObjectKey): ChangeoverError {
  return new ChangeoverError('conflict', `${describe(key)} was changed by somebody else since it was read`, { target: describe(key), hint: 'Read it again.' });
}

function checkNamespace(store: ObjectStore, object: KubeObject): void {
  const { namespace } = object.metadata;
  if (namespace !== undefined) existing(store, { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: namespace });
}

function checkAccess(options: SimulatedClusterOptions, query: AccessQuery): void {
  if (options.denies?.(query) !== true) return;
  const resource = query.subresource === undefined ? query.resource : `${query.resource}/${query.subresource}`;
  const where = query.namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(query.namespace)}`;
  const message = `${options.user ?? 'simulated-admin'} may not ${query.verb} ${resource} in API group ${JSON.stringify(query.group)} ${where}`;
  throw new ChangeoverError('denied', message, { target: resource, hint: `Grant ${query.verb} on ${resource}.` });
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ChangeoverError('aborted', 'the call was interrupted');
}

function keyOfRef(ref: ObjectRef): ObjectKey {
  return { apiVersion: ref.resource.apiVersion, kind: ref.resource.kind, namespace: ref.namespace, name: ref.name };
}

function scopeOf(query: ListQuery): { readonly namespace?: string } {
  return query.namespace === undefined ? {} : { namespace: query.namespace };
}

function inNamespace(object: KubeObject): { readonly namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace };
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}s`;
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  return lines
    .slice(Math.max(0, end - count), end)
    .map((line) => `${line}\n`)
    .join('');
}
