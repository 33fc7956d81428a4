/** A workload of the run as verify expects to see it. */
export interface ExpectedWorkload {
  /** `namespace/Kind/name`. */
  readonly id: string;
  /** False while the old agent still runs in it: its spans come through the tee, or not at all. */
  readonly switched: boolean;
  /** Milliseconds since the epoch: its spans and the calls to it count from here on. */
  readonly countsFromMs: number;
  /** The pods that are Ready now, and since when (milliseconds since the epoch; 0 where that is not known). */
  readonly readyPods: readonly ReadyPod[];
}

export interface ReadyPod {
  readonly name: string;
  readonly sinceMs: number;
}

/** All workloads that report under one service name. */
export interface ExpectedService {
  /** Undefined = not known what the agent calls itself. */
  readonly service: string | undefined;
  /** None: a service outside of the run that takes part in its traces. */
  readonly workloads: readonly ExpectedWorkload[];
}

/** From when on a service's spans count: when the last of its workloads was switched, or the window begins; milliseconds since the epoch. */
export function countsFrom(expected: ExpectedService): number {
  return Math.max(0, ...expected.workloads.map((workload) => workload.countsFromMs));
}

/** Whether the new agent runs in any of its workloads. */
export function isSwitched(expected: ExpectedService): boolean {
  return expected.workloads.some((workload) => workload.switched);
}

/** Namespace and name of `namespace/Kind/name`, as allowances name workloads. */
export function workloadOf(id: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', , name = ''] = id.split('/');
  return { namespace, name };
}
