import { createHash } from 'node:crypto';
import { ChangeoverError } from '../../core/error.ts';
import type { KubeObject } from '../../core/workload/kube-object.ts';
import type { Clock } from '../../ports/clock.ts';
import { sameJson } from './object-parts.ts';

/** Identifies a stored object. Empty namespace = cluster-scoped. */
export interface ObjectKey {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface StoreChange {
  readonly kind: 'added' | 'modified' | 'deleted';
  readonly object: KubeObject;
  /** The object before the change; undefined for `added`. */
  readonly previous?: KubeObject;
}

/** Kinds whose spec has a generation; Deployments bump it for annotations as well (they are copied to ReplicaSets). */
const GENERATED = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'CronJob', 'Rollout', 'CloneSet']);

/**
 * What etcd and the API server's registry do: uids, resourceVersions, generations, and telling everybody what changed.
 * Objects are immutable values; every method is one atomic step.
 */
export class ObjectStore {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  /** Lists as they were last asked for; dropped when an object of the kind changes. */
  readonly #sorted = new Map<string, readonly KubeObject[]>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #version = 0;
  #uids = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rises with every change; the resourceVersion of the last one. */
  get version(): number {
    return this.#version;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#kinds.get(kindKey(key))?.get(nameKey(key));
  }

  /** All objects of a kind, in order of namespace and name. */
  list(apiVersion: string, kind: string, namespace?: string): readonly KubeObject[] {
    const key = kindKey({ apiVersion, kind });
    let sorted = this.#sorted.get(key);
    if (!sorted) {
      sorted = [...(this.#kinds.get(key) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      this.#sorted.set(key, sorted);
    }
    return namespace === undefined ? sorted : sorted.filter((object) => object.metadata.namespace === namespace);
  }

  /** The object as it would be stored; `conflict` when the name is taken. */
  prepareNew(object: KubeObject): KubeObject {
    const key = keyOf(object);
    if (this.get(key)) throw new ChangeoverError('conflict', `${describe(key)} already exists`, { target: describe(key) });
    const { generation: _generation, resourceVersion: _version, uid: _uid, ...metadata } = object.metadata;
    const uid = this.#nextUid();
    const stored = {
      ...metadata,
      uid,
      resourceVersion: String(this.#version + 1),
      creationTimestamp: seconds(this.#clock.now()),
      ...(GENERATED.has(object.kind) ? { generation: 1 } : {}),
    };
    return { ...object, metadata: stored };
  }

  insert(object: KubeObject): KubeObject {
    const stored = this.prepareNew(object);
    return this.#put(stored, undefined);
  }

  /** The object as an update would leave it: identity kept, generation raised when the spec moved. */
  prepareUpdate(current: KubeObject, next: KubeObject): KubeObject {
    const moved = GENERATED.has(current.kind) && movesGeneration(current, next);
    const { uid, creationTimestamp, generation, deletionTimestamp } = current.metadata;
    const kept = {
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(generation === undefined ? {} : { generation: moved ? generation + 1 : generation }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    };
    const merged = { ...next, metadata: { ...next.metadata, ...kept, resourceVersion: current.metadata.resourceVersion ?? '' } };
    if (sameJson(merged, current)) return current;
    return this.#stamp(merged);
  }

  /** Stores an update; nothing happens, not even a new resourceVersion, when nothing changed. */
  update(current: KubeObject, next: KubeObject): KubeObject {
    const stored = this.prepareUpdate(current, next);
    return stored === current ? current : this.#put(stored, current);
  }

  /** Stores what a controller may write: status and annotations. Never raises the generation. */
  updateStatus(current: KubeObject, next: KubeObject): KubeObject {
    return sameJson(next, current) ? current : this.#put(this.#stamp(next), current);
  }

  /** Marks an object as on its way out; its owner (the kubelet, for pods) removes it later. */
  markDeleted(current: KubeObject): KubeObject {
    if (current.metadata.deletionTimestamp !== undefined) return current;
    const metadata = { ...current.metadata, deletionTimestamp: seconds(this.#clock.now()), deletionGracePeriodSeconds: 30 };
    return this.#put(this.#stamp({ ...current, metadata }), current);
  }

  remove(key: ObjectKey): void {
    const current = this.get(key);
    if (!current) return;
    this.#version += 1;
    this.#kinds.get(kindKey(key))?.delete(nameKey(key));
    this.#sorted.delete(kindKey(key));
    const object = { ...current, metadata: { ...current.metadata, resourceVersion: String(this.#version) } };
    this.#tell({ kind: 'deleted', object, previous: current });
  }

  /** Calls back on every change, in order, until disposed. */
  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #stamp(object: KubeObject): KubeObject {
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version + 1) } };
  }

  #put(object: KubeObject, previous: KubeObject | undefined): KubeObject {
    this.#version += 1;
    const key = keyOf(object);
    const kind = this.#kinds.get(kindKey(key)) ?? new Map<string, KubeObject>();
    this.#kinds.set(kindKey(key), kind.set(nameKey(key), object));
    this.#sorted.delete(kindKey(key));
    this.#tell(previous ? { kind: 'modified', object, previous } : { kind: 'added', object });
    return object;
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #nextUid(): string {
    this.#uids += 1;
    const hex = createHash('sha256').update(`uid ${this.#uids}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}

/** The key an object is stored under. */
export function keyOf(object: KubeObject): ObjectKey {
  return { apiVersion: object.apiVersion, kind: object.kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** `namespace/Kind/name`, as messages name it. */
export function describe(key: ObjectKey): string {
  return key.namespace === '' ? `${key.kind}/${key.name}` : `${key.namespace}/${key.kind}/${key.name}`;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function movesGeneration(current: KubeObject, next: KubeObject): boolean {
  if (!sameJson(current['spec'], next['spec'])) return true;
  return current.kind === 'Deployment' && !sameJson(current.metadata.annotations ?? {}, next.metadata.annotations ?? {});
}

function kindKey(key: Pick<ObjectKey, 'apiVersion' | 'kind'>): string {
  return `${key.apiVersion} ${key.kind}`;
}

function nameKey(key: Pick<ObjectKey, 'namespace' | 'name'>): string {
  return `${key.namespace}/${key.name}`;
}
