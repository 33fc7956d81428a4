import type { Json } from '../core/json.ts';
import type { KubeObject } from '../core/workload/kube-object.ts';
import type { JsonPatchOp } from '../core/workload/json-patch.ts';

/** A kind of object. `plural` is the path segment (`deployments`). */
export interface Resource {
  /** `v1`, `apps/v1`, `coordination.k8s.io/v1`, … */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ObjectRef {
  readonly resource: Resource;
  /** Empty string for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
}

export interface ListQuery {
  readonly resource: Resource;
  /** Left out = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export type WatchEvent =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
  /** The adapter lost its place and listed again: the consumer must compare by state, not by event. */
  | { readonly kind: 'relisted'; readonly objects: readonly KubeObject[] };

export interface WriteOptions {
  /** Asks the server to run admission and validation and to persist nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The log's first bytes, at most this many. */
  readonly limitBytes: number;
  /** The container's previous instance (after a crash). */
  readonly previous?: boolean;
  /** Only the last lines. */
  readonly tailLines?: number;
}

export interface AccessQuery {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  /** One object; left out = all of them. */
  readonly name?: string;
}

export interface ClusterIdentity {
  /** uid of the namespace `kube-system`, else a hash of server URL and CA. */
  readonly id: string;
  readonly server: string;
  readonly version: string;
  /** Who the server says we are; empty when it does not tell. */
  readonly user: string;
}

/**
 * A Kubernetes API server. Objects are raw JSON as the server sent them.
 * Errors (ChangeoverError): `not-found` (404), `conflict` (409), `precondition` (a JSON Patch `test` failed: the object is
 * not as the patch expected), `denied` (401/403; message names verb, resource, namespace), `rate-limited` (429 after the
 * retry budget), `unreachable` (no connection, 5xx after the retry budget), `gone` (410), `aborted`; `refused` (422/400
 * validation or admission: the server's message names the field). Reads are retried; writes only when the server surely
 * did not act (429, connection refused): a lost answer to a write is `unreachable`, and the caller re-reads.
 */
export interface Cluster {
  identity(signal?: AbortSignal): Promise<ClusterIdentity>;
  get(ref: ObjectRef, signal?: AbortSignal): Promise<KubeObject | undefined>;
  /** Every item, across pages. Items carry apiVersion and kind. */
  list(query: ListQuery, signal?: AbortSignal): Promise<readonly KubeObject[]>;
  /**
   * Begins with `relisted` (the current state), then events for ever until the signal fires; survives cuts, timeouts
   * and 410 by reconnecting or relisting.
   */
  watch(query: ListQuery, signal: AbortSignal): AsyncIterable<WatchEvent>;
  create(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** PUT with the object's own resourceVersion: `conflict` when somebody wrote in between. Only for objects we own. */
  replace(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** RFC 6902 with fieldManager `changeover`. Returns the object as stored (admission may have changed it). */
  patch(ref: ObjectRef, ops: readonly JsonPatchOp[], options?: WriteOptions): Promise<KubeObject>;
  /** `conflict` when the object has another uid, or was written since the resourceVersion that is given. */
  delete(ref: ObjectRef, options?: WriteOptions & { readonly uid?: string; readonly resourceVersion?: string }): Promise<void>;
  logs(query: LogQuery, signal?: AbortSignal): Promise<string>;
  /** SelfSubjectAccessReview per query, same order. */
  can(queries: readonly AccessQuery[], signal?: AbortSignal): Promise<readonly boolean[]>;
  /** The server's clock in milliseconds since the epoch, to the second; undefined when it does not tell. Not every adapter has one. */
  serverTime?(signal?: AbortSignal): Promise<number | undefined>;
  /** GET through the API server's service proxy (`namespace/name:port`), parsed as JSON; for verify.jaeger.service. */
  serviceJson(service: string, path: string, signal?: AbortSignal): Promise<Json>;
  close(): Promise<void>;
}
