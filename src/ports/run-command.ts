/** How a program ended. */
export interface CommandEnd {
  /** Null when it was ended by a signal, ours after the time was up among them. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** The end of what it said on both streams, bounded. */
  readonly output: string;
}

/**
 * Runs a program of this machine to its end, without a shell and with this process's environment. Errors: `usage` when it cannot be started,
 * `aborted` when the signal fired.
 */
export type RunCommand = (argv: readonly string[], options: { readonly timeoutMs: number; readonly signal?: AbortSignal }) => Promise<CommandEnd>;
