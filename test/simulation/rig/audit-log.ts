import type { ObjectStore, StoreChange } from '../../../src/adapters/simulated/object-store.ts';
import type { KubeObject } from '../../../src/core/workload/kube-object.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import type { JsonPatchOp } from '../../../src/core/workload/json-patch.ts';

/** One write that the simulated API server accepted, with who sent it: what an API server's audit log would hold. */
export interface AcceptedWrite extends StoreChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `engine-N`, the name of another writer, or `controllers`. */
  readonly writer: string;
  /** Of a patch. */
  readonly ops?: readonly JsonPatchOp[];
}

/**
 * The cluster's own history: every accepted write in order, by whom, and every version of every object for readers that
 * are served old ones. Knows nothing of the engine but the names its clients were opened under.
 */
export class AuditLog {
  readonly #clock: Clock;
  readonly #versions = new Map<string, Map<string, { readonly at: number; readonly object: KubeObject | undefined }[]>>();
  readonly #listeners: ((write: AcceptedWrite) => void)[] = [];
  #writer = 'controllers';
  #ops: readonly JsonPatchOp[] | undefined;

  constructor(store: ObjectStore, clock: Clock) {
    this.#clock = clock;
    for (const kind of ['Deployment', 'ReplicaSet']) for (const object of store.list('apps/v1', kind)) this.#keep(object, object, 0);
    for (const object of store.list('v1', 'Pod')) this.#keep(object, object, 0);
    store.subscribe((change) => this.#record(change));
  }

  /** Calls back with every accepted write, in order. */
  listen(listener: (write: AcceptedWrite) => void): void {
    this.#listeners.push(listener);
  }

  /** The same cluster, with what is written through it put down to this writer. */
  attribute(cluster: Cluster, writer: string): Cluster {
    return new Proxy(cluster, {
      get: (target, property): unknown => {
        const member: unknown = Reflect.get(target, property, target);
        if (typeof member !== 'function') return member;
        return (...args: readonly unknown[]): unknown => {
          this.#writer = writer;
          this.#ops = property === 'patch' ? (args[1] as readonly JsonPatchOp[]) : undefined;
          try {
            // A call of the simulated cluster has done its work when it returns its promise.
            return Reflect.apply(member, target, args);
          } finally {
            this.#writer = 'controllers';
            this.#ops = undefined;
          }
        };
      },
    });
  }

  /** Objects of a kind as they were at a moment. */
  asOf(kind: string, at: number): readonly KubeObject[] {
    const versions = [...(this.#versions.get(kind)?.values() ?? [])];
    return versions.map((each) => each.findLast((version) => version.at <= at)?.object).filter((object) => object !== undefined);
  }

  #record(change: StoreChange): void {
    this.#keep(change.object, change.kind === 'deleted' ? undefined : change.object);
    const write = { ...change, at: this.#clock.now(), writer: this.#writer, ...(this.#ops ? { ops: this.#ops } : {}) };
    for (const listener of this.#listeners) listener(write);
  }

  #keep({ kind, metadata }: KubeObject, object: KubeObject | undefined, at = this.#clock.now()): void {
    if (kind !== 'Deployment' && kind !== 'ReplicaSet' && kind !== 'Pod') return;
    const ofKind = this.#versions.get(kind) ?? new Map<string, { at: number; object: KubeObject | undefined }[]>();
    this.#versions.set(kind, ofKind);
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    const known = ofKind.get(key) ?? [];
    ofKind.set(key, known);
    known.push({ at, object });
  }
}
