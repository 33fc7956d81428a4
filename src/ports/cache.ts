/** A store of derived data that may vanish at any time. Keys are content digests: an entry never goes stale. */
export interface Cache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}
