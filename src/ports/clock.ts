/** Time, so that tests and `rehearse` can run hours in milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with code `aborted` when the signal fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
