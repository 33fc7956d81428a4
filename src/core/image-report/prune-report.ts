/** One result of ours in a registry, and whether anything needs it. */
export interface PruneItem {
  /** `registry/repository:tag`. */
  readonly reference: string;
  readonly digest: string;
  /** The image it was made from. */
  readonly source: string;
  /** `kept` = something needs it; `unneeded` = would be deleted; `failed` = the registry, or something else that points at it, stands against it. */
  readonly status: 'kept' | 'unneeded' | 'deleted' | 'failed';
  /** What needs it (`namespace/Kind/name`), or why it was not deleted. */
  readonly because?: string;
}

/** What `image prune` found and did. */
export interface PruneReport {
  readonly apiVersion: 'changeover.dev/v1alpha1';
  readonly kind: 'PruneReport';
  readonly repositories: number;
  readonly items: readonly PruneItem[];
  /** Repositories that could not be looked into. */
  readonly unread: readonly { readonly repository: string; readonly because: string }[];
}
