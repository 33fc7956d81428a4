/** A switched workload as verify expects to see it. */
export interface ExpectedWorkload {
  /** `namespace/Kind/name`. */
  readonly id: string;
  /** Milliseconds since the epoch: from here on only new pods served. */
  readonly migratedAtMs: number;
  /** Names of the pods that are Ready now. */
  readonly readyPods: readonly string[];
}

/** All switched workloads that report under one service name. */
export interface ExpectedService {
  /** Undefined = not known what the agent calls itself. */
  readonly service: string | undefined;
  readonly workloads: readonly ExpectedWorkload[];
}

/** When the last of its workloads was switched; milliseconds since the epoch. */
export function migratedAt(expected: ExpectedService): number {
  return Math.max(...expected.workloads.map((workload) => workload.migratedAtMs));
}
